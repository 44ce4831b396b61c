import {CommandHelp, Help} from '@oclif/core/help'
import {wrapped} from '../output/wrapped.ts'

/**
 * oclif's help without its template engine and its wrapping of coloured text, which took half the time of "mcd --help": mcd's
 * texts are plain, and name but two values.
 */
export class McdHelp extends Help {
  override CommandHelpClass = CommandTexts
  override render = (text: string) => filled(text, {bin: this.config.bin})

  override wrap(text: string, spacing = this.indentSpacing): string {
    return broken(this.render(text), this.opts.maxWidth - spacing)
  }

  override formatRoot(): string {
    const {bin, pjson, userAgent} = this.config
    return [
      this.wrap(pjson.description, 0),
      this.section('VERSION', userAgent),
      this.section('USAGE', `$ ${bin} [COMMAND]`),
    ].join('\n\n')
  }
}

class CommandTexts extends CommandHelp {
  override render = (text: string) => filled(text, {bin: this.config.bin, id: this.command.id})

  override wrap(text: string, spacing = this.indentSpacing): string {
    return broken(this.render(text), this.opts.maxWidth - spacing)
  }
}

const filled = (text: string, {bin, id = ''}: {bin: string; id?: string}): string =>
  text.replaceAll('<%= config.bin %>', bin).replaceAll('<%= command.id %>', id)

const broken = (text: string, columns: number): string =>
  text
    .split('\n')
    .flatMap(line => wrapped(line.trimStart(), columns))
    .join('\n')
