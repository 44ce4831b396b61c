import {createHash} from 'node:crypto'
import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {userdataFindings} from '../../src/doctor/userdata.ts'
import {openWard, type Ward} from '../support/examined-fleet.ts'

let ward: Ward
beforeEach(async () => {
  ward = await openWard()
})
afterEach(() => ward.close())

function findings(userdata: string) {
  const {checkUserdata} = ward.outside(ward.fleet({userdata}))
  return userdataFindings(checkUserdata(new Map()))
}

function template(text: string): string {
  mkdirSync(join(ward.folder, 'mine'))
  writeFileSync(join(ward.folder, 'mine', 'userdata.sh'), text)
  return '{template: ./mine}'
}

test('userdata that does not fit fails for the cloud that takes less, with the bytes', () => {
  // Nothing that gzip could make smaller.
  const noise = Array.from({length: 300}, (_, at) =>
    createHash('sha256').update(`${at}`).digest('base64'),
  ).join('')
  const found = findings(template(`#!/bin/sh\n: '${noise}'\n`))
  expect(found).toContainEqual(
    expect.objectContaining({
      outcome: 'failed',
      subject: expect.stringContaining('(virginia)'),
      detail: expect.stringMatching(/16384/),
    }),
  )
  expect(found).toContainEqual(expect.objectContaining({group: 'east', outcome: 'ok'}))
})

test('a variable that nobody gives fails with the nearest spelling', () => {
  const found = findings(template('#!/bin/sh\necho {{ vars.titel }} {{ fleet.nmae }}\n'))
  expect(found.filter(({outcome}) => outcome === 'failed').map(({detail}) => detail)).toEqual([
    expect.stringMatching(/titel/),
    expect.stringMatching(/nmae/),
  ])
})
