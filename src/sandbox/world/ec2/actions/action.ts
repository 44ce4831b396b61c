import type {Filter} from '../filters.ts'
import type {PageRequest} from '../paging.ts'
import type {Region} from '../region.ts'

/** One EC2 call on a region's state. `effect` notes what it changed, for people who read the request log. */
export type Action<Request, Reply> = (
  region: Region,
  request: Request,
  effect: (text: string) => void,
) => Reply

export type Describe = PageRequest & {readonly filters?: readonly Filter[] | undefined}
