import fc from 'fast-check'

/** Texts that try to break out of quotes, YAML and scripts; what runs of them leaves a file `canary`. Only what mcd accepts. */
export const nasty = fc
  .oneof(
    fc.string({unit: 'binary', maxLength: 40}),
    fc
      .array(
        fc.constantFrom(
          "'",
          '"',
          '\\',
          '`touch canary`',
          '$(touch canary)',
          '\u0024{x}',
          '\n',
          '\r',
          '\t',
          '#',
          ': ',
          '- ',
          '&a',
          '*a',
          '!!x',
          '|',
          '>',
          '%',
          '@',
          '{{',
          '}}',
          '{%',
          ';touch canary;',
          '\u0085',
          '\u2028',
          '\ufeff',
          '🦫',
          'ß',
          '\u0007',
          'EOF\n',
          '~',
          'null',
          '0x1',
        ),
        {maxLength: 12},
      )
      .map(parts => parts.join('')),
  )
  .filter(text => !text.includes('\0') && text.isWellFormed())
