/** The registration script within userdata as it is sent: what the installer writes to `/usr/local/lib/mcd/mcd-registration`. */
export function registrationScript(userdata: string): string {
  const [, script] =
    /^place 0755 \/usr\/local\/lib\/mcd\/mcd-registration <<'(?:\w+)'\n([\s\S]*?^)MCD_END_OF_FILE$/m.exec(
      userdata,
    ) ?? []
  if (script === undefined) throw new Error('this userdata holds no registration script')
  return script
}
