import type {ExamineCompute} from '../examine.ts'
import type {JoyentComputeOptions} from './connect.ts'
import {examineAccess} from './examine/access.ts'

/** Looks at one data centre with calls that cannot change anything. */
export function examineJoyent(options: JoyentComputeOptions): ExamineCompute {
  return async () => (await examineAccess(options)).findings
}
