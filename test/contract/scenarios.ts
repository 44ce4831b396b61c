import type {Mark} from '../../src/mark.ts'
import type {Instance, LaunchOrder, LaunchWish, NetworkWish} from '../../src/providers/compute.ts'
import type {ChangeReceipt, Member, NameWish, Zone} from '../../src/providers/dns.ts'

/**
 * The situations the contract suites play, and the facts each must hold. A harness (see play.ts) sets one up in its own
 * way: in the in-memory world, as recorded exchanges, or behind the sandbox's wire. The suites know only the facts, in
 * the words of the interfaces, so that nothing here belongs to one vendor.
 *
 * Each scenario has one rule (one test) in compute.ts or dns.ts. The calls that rule makes on the provider stand in the
 * comment, in order: a folder of recorded exchanges `fixtures/<provider>/<scenario>/` answers exactly those.
 */

/** An instance as a listing must show it: the fields that are given must be equal, the others may be anything. */
export type ExpectedInstance = Pick<Instance, 'id' | 'mark' | 'state'> & Partial<Instance>

/** What is `of` here is the fleet's name; its instances carry whole marks with that name. */
type Listing = {readonly fleet: string; readonly ours: readonly ExpectedInstance[]}

/**
 * A complete order that this place accepts as it stands: its target and network ids are what the provider's own
 * resolveLaunch and ensureNetwork give (harnesses over a world call them while opening; recorded ones write them down).
 * Its userdata holds every byte value where `userdataGzip` is true, else text with quotes, `$`, backslashes and non-ASCII.
 */
type Ordered = {readonly order: LaunchOrder}

export type ComputeScenarios = {
  /** No call at all: the capabilities are data. Any place. */
  capabilities: Record<never, never>
  /** identify(). The account as the provider names it. */
  identify: {readonly account: string}
  /** listInstances(fleet). The place can be read and holds nothing of this fleet. */
  empty: {readonly fleet: string}
  /**
   * listInstances(fleet). Beside `ours` (two, with addresses where they have some) live: a foreign instance without any
   * mark, one with half a mark (the fleet's name but no launch), and one with a whole mark of another fleet.
   */
  mixed: Listing
  /** listInstances(fleet). One of several has a public IPv6 address beside the others. */
  'dual-stack': Listing
  /** listInstances(fleet). The fleet has another owner too: same fleet name, another `dns`. Both are in `ours`. */
  'two-owners': Listing
  /**
   * listInstances(fleet). More of ours than one page of the vendor holds: 1,001 and more behind Triton's limit of 1,000;
   * EC2 in whatever pages its NextToken cuts. Recorded exchanges may hold short pages: what counts is that every page is
   * asked for and read, also the one after an empty page.
   */
  pages: {readonly fleet: string; readonly ids: readonly string[]}
  /** listInstances(fleet). As `pages`, but the page after the first fails for as long as mcd tries. */
  'page-fails': {readonly fleet: string}
  /** listInstances(fleet). The vendor throttles twice, then serves. */
  throttled: Listing
  /** listInstances(fleet). The vendor answers 5xx (once with a body that is not its own shape), then serves. */
  'server-error': Listing
  /** listInstances(fleet). The credentials are refused. */
  'wrong-credentials': {readonly fleet: string}
  /** listInstances(fleet). Nothing listens at the endpoint. */
  unreachable: {readonly fleet: string}

  /**
   * describe(made), made of the ids below with one mark. `whole` still carries it, `bare` no tag any more, `half` all of it but
   * the launch, which is tagged `launch`; `ended` was ended by somebody, and `unknown` nobody ever had.
   */
  describe: {
    readonly mark: Mark
    readonly whole: string
    readonly bare: string
    readonly half: string
    readonly ended: string
    readonly unknown: string
    readonly launch: string
  }

  /** resolveLaunch(wish). `wish.image` is an alias that stands for `imageId` here. */
  alias: {readonly wish: LaunchWish; readonly imageId: string}
  /** resolveLaunch(wish). `wish.pinnedImageId` is an older image of the alias, which by now stands for another. */
  pinned: {readonly wish: LaunchWish}
  /**
   * resolveLaunch(wish). The wish names several things that do not exist (image, type, and key pair or network):
   * each of `unknown` must be named in the reasons.
   */
  refusals: {readonly wish: LaunchWish; readonly unknown: readonly string[]}

  /** resolveLaunch(wish). Its subnets or networks give instances no public address; `closed` is how the reason names one of them. */
  'no-public-address': {readonly wish: LaunchWish; readonly closed: string}

  /** launch(order) with count 3. */
  launch: Ordered
  /** launch(order) twice, count 2. */
  'launch-repeated': Ordered
  /** launch(order), count 2. The launch takes effect, but the reply to its (first) call is lost. */
  'launch-reply-lost': Ordered
  /** launch({...order, resumed: true}). An earlier run launched `ids` with this very order and died before it heard. */
  'launch-resumed': Ordered & {readonly ids: readonly string[]}
  /** launch(order). There is room for `fits` instances, fewer than ordered and more than none. */
  'capacity-partial': Ordered & {readonly fits: number}
  /** launch(order). There is no room. */
  'capacity-none': Ordered
  /** launch(order). The account's quota allows none. */
  quota: Ordered
  /** launch(order), count 1. Throttled twice, then served. */
  'launch-throttled': Ordered

  /** terminate(ids); terminate(ids); terminate([unknown]). Two running instances of ours, and an id nobody ever had. */
  terminate: {readonly ids: readonly string[]; readonly unknown: string}
  /** terminate([id]). mcd launched it with deletion protection. */
  protected: {readonly id: string}

  /**
   * ensureNetwork(wish); ensureNetwork(wish); listNetwork(wish.fleet); removeNetwork(piece); listNetwork(wish.fleet);
   * removeNetwork(piece). Nothing of it exists at first.
   */
  network: {readonly wish: NetworkWish}
  /**
   * listNetwork(fleet); removeNetwork(piece); [free()]; removeNetwork(piece). The group's one piece is in use by a
   * running instance, until `free` ends the instance and lets it be gone.
   */
  'network-in-use': {readonly fleet: string; free(): Promise<void>}

  /** bootLog(id). The guest has printed something that ends in `tail`. */
  'boot-log': {readonly id: string; readonly tail: string}
  /** bootLog(id). The guest has printed nothing yet. */
  'boot-log-empty': {readonly id: string}
}

/** What the cloud itself holds, for harnesses that can look behind the provider. */
export type ComputeProbe = {
  /** Ids of everybody's instances that are neither gone nor on their way out. */
  live(): Promise<readonly string[]>
  /** Exactly the bytes the guest is given. */
  userdata(id: string): Promise<Uint8Array>
}

/** A member as a listing must show it. `ref` and `routing` are the adapter's own and are not compared. */
export type ExpectedMember = Omit<Member, 'ref' | 'routing'>

/** Names a member of a listing. */
export type MemberKey = Pick<Member, 'name' | 'type' | 'value'>

type Names = {readonly zone: Zone; readonly names: readonly string[]}

/** Beside what is ours, `names` hold foreign members that nobody may touch. */
type Changing = Names & {readonly create: readonly Member[]; readonly remove: readonly MemberKey[]}

type Shared = Changing & {readonly members: readonly ExpectedMember[]}

export type DnsScenarios = {
  /** findZone(zone.name). */
  zone: {readonly zone: Zone}
  /** findZone(name). The credentials can list zones, this one is not among them. One that only begins or ends like it may be. */
  'unknown-zone': {readonly name: string}
  /** listMembers(zone, names). The zone exists, nothing stands under the names; names beside them (`awww`, `x.www`) do hold values. */
  'empty-name': Names
  /**
   * listMembers(zone, names). Two names or more, and exactly `members` under them: A values with our mark and foreign
   * ones, and a hold (TXT `out <instance id>` at `_mcd.<name>`). Other names of the zone hold other values.
   */
  members: Names & {readonly members: readonly ExpectedMember[]}
  /** listMembers(zone, names). More than one page; `values` are all values of all pages under the names. */
  pages: Names & {readonly values: readonly string[]}
  /** listMembers(zone, names). As `pages`, but the page after the first fails for as long as mcd tries. */
  'page-fails': Names
  /** listMembers(zone, names). Throttled twice, then served. */
  throttled: Names & {readonly members: readonly ExpectedMember[]}
  /** listMembers(zone, names). The credentials are refused. */
  'wrong-credentials': Names
  /** listMembers(zone, names). Nothing listens at the endpoint. */
  unreachable: Names

  /** listMembers; change; listMembers. `create` and `remove` hold at least one each. */
  change: Changing
  /** listMembers; change; change (the same again); listMembers. */
  'change-repeated': Changing
  /** listMembers; change; listMembers. The change takes effect, but the reply to its (first) writing call is lost. */
  'change-reply-lost': Changing
  /** listMembers; change; listMembers. The writing call is throttled (or told to come back later) twice, then served. */
  'change-throttled': Changing
  /** listMembers; change; listMembers. More than one writing call of this vendor can carry. */
  'change-large': Changing
  /** listMembers; change({create}); listMembers. What is to be created is there already, with the same mark. */
  'create-ours': Names & {readonly create: readonly Member[]}
  /** listMembers; change({create}); listMembers. A foreign member with the same name, type and value stands there. */
  'create-foreign': Names & {readonly create: readonly Member[]}
  /**
   * listMembers; [meddle()]; change; listMembers. `meddle` is somebody changing what is to be removed, after the
   * listing. `after` is what the names then hold.
   */
  'remove-changed': Changing & {meddle(): Promise<void>; readonly after: readonly MemberKey[]}
  /**
   * listMembers; change({remove}); removalServed; [serve()]; removalServed. The vendor's servers lag until `serve` lets
   * the removal reach all of them.
   */
  'removal-served': Names & {readonly remove: readonly MemberKey[]; serve(): Promise<void>}
  /** removalServed(zone, removed, receipt). A later run asks, with the receipt from the journal; long served. */
  'removal-served-later': {
    readonly zone: Zone
    readonly removed: readonly Member[]
    readonly receipt?: ChangeReceipt
  }

  /**
   * listMembers; change; listMembers. Of an SRV set that holds several values one of ours leaves and one comes; a stranger's
   * stays in its own spelling. `names` are the set's and its companion's.
   */
  'shared-change': Shared
  /** The same; before the first writing call lands, a stranger's value joins the set: `joins`. */
  'shared-race': Shared & {readonly joins: Member}
  /** listMembers; [meddle()]; change; listMembers. `meddle` takes away what says that the value to be removed is ours. */
  'shared-unmarked': Shared & {meddle(): Promise<void>}

  /**
   * listMembers; change; listMembers. The same in the address set of a name with simple routing; a hold comes with it. The
   * companion of the set is where the holds of the name are.
   */
  'simple-change': Shared
  /** The same; all that is ours stands in sets of its own, and goes into a shared one. */
  'routing-change': Shared

  /** No call: refusals() is pure. */
  refusals: {
    /** A wish this vendor takes. */
    readonly fine: NameWish
    /** Shortest and longest TTL that can be chosen. */
    readonly ttlSeconds: readonly [number, number]
    /** Most members one name may hold. */
    readonly members: number
    /** Record sets beside which ours cannot live: each list is refused by itself. At least a CNAME at the name. */
    readonly clashes: readonly (readonly Member[])[]
    /** Foreign values beside which ours can live. */
    readonly neighbours: readonly Member[]
  }
}

/** What the zone itself holds, for harnesses that can look behind the provider. */
export type DnsProbe = {
  /** Everything in the zone that mcd did not make, in the vendor's own bytes: compared before and after. */
  foreign(): Promise<string>
}
