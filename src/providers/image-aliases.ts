/** Images by a name that means the same in every cloud. On EC2 each is resolved per region; on Triton images go by these names already. */
export const IMAGE_ALIASES = ['ubuntu-24.04', 'ubuntu-22.04', 'debian-13', 'debian-12', 'al2023'] as const
