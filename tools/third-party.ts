import {readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import type {Plugin} from 'rolldown'

type Package = {
  readonly name: string
  readonly version: string
  readonly licence: string
  readonly texts: readonly string[]
}

const LICENCE_FILE = /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i

/**
 * A rolldown plugin: writes the licences of everything that went into the bundle to one file, since the published package
 * carries that code itself.
 */
export function thirdPartyLicences(file: string): Plugin {
  return {
    name: 'third-party-licences',
    writeBundle(_options, bundle) {
      const modules = Object.values(bundle).flatMap(each =>
        each.type === 'chunk' ? Object.keys(each.modules) : [],
      )
      writeFileSync(file, licencesOf(modules))
    },
  }
}

/** The text for these modules: each package once, by name; the same modules give the same bytes. */
export function licencesOf(modules: readonly string[]): string {
  const folders = new Set(modules.map(packageFolder).filter(folder => folder !== undefined))
  const packages = [...folders].map(readPackage)
  const unique = new Map(packages.map(each => [`${each.name} ${each.version}`, each]))
  const sections = [...unique.keys()].sort().map(key => section(unique.get(key) as Package))
  return [`mcd carries code of these packages, under their own licences.\n`, ...sections].join('\n')
}

function section({name, version, licence, texts}: Package): string {
  const rule = '='.repeat(78)
  return [rule, `${name} ${version} (${licence})`, rule, '', ...texts, ''].join('\n')
}

/** `…/node_modules/@scope/name`, the innermost; undefined for our own modules and the bundler's. */
function packageFolder(module: string): string | undefined {
  return /^\0?(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(module)?.[1]
}

function readPackage(folder: string): Package {
  const {name, version, license, licenses} = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const texts = readdirSync(folder)
    .filter(file => LICENCE_FILE.test(file))
    .sort()
    .map(file => readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n').trimEnd())
  return {
    name,
    version,
    licence: nameOf(license ?? licenses),
    texts: texts.length ? texts : [inReadme(folder)],
  }
}

/** package.json has had several forms: `"MIT"`, `{type: "MIT"}`, `[{type: "MIT"}]`. */
function nameOf(licence: unknown): string {
  if (Array.isArray(licence)) return licence.map(nameOf).join(' or ')
  if (typeof licence === 'object' && licence !== null && 'type' in licence) return String(licence.type)
  return typeof licence === 'string' ? licence : 'as stated below'
}

/** Some small packages state their licence in the README alone. */
function inReadme(folder: string): string {
  const readme = readdirSync(folder).find(file => /^readme(?:\.|$)/i.test(file))
  const text = readme ? readFileSync(join(folder, readme), 'utf8') : ''
  const [, stated] = /^#*\s*licen[cs]e\s*\n+(?:[-=]+\n)?([\s\S]*?)(?=\n#|$(?![\s\S]))/im.exec(text) ?? []
  return stated?.trim() || 'The package carries no licence text of its own.'
}
