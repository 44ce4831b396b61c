import {expect, test} from 'vitest'
import {countUses} from '../../../src/surroundings/connections/socket-table.ts'

/** What the script prints when mcd asks from 203.0.113.5; the addresses of the samples were exchanged for documentation's. */
const answer = (table: string, from = '203.0.113.5 50022 192.0.2.7 22') =>
  `mcd-from ${from}\nmcd-table some\n${table}\nmcd-end\n`

/** ss of iproute2 6.1, as it pads its columns. */
const SS = `State     Recv-Q Send-Q           Local Address:Port            Peer Address:Port Process
ESTAB     0      0                     192.0.2.7:80            198.51.100.9:51234
ESTAB     0      86         [::ffff:192.0.2.7]:80   [::ffff:198.51.100.23]:41704
TIME-WAIT 0      0          [2001:db8::7]:80          [2001:db8:9::1]:42028
CLOSE-WAIT 1     0                     192.0.2.7:80           198.51.100.44:60001
ESTAB     0      0                     192.0.2.7:22             203.0.113.5:50022
ESTAB     0      0                     192.0.2.7:443          198.51.100.44:60002`

/** The same with one state asked for and without its head: no column says which. */
const SS_ESTABLISHED = `0      0                   192.0.2.7:80          198.51.100.9:51234
0      0      [::ffff:192.0.2.7]:80 [::ffff:198.51.100.23]:41704`

/** /proc/net/tcp and tcp6: listening, established, in TIME-WAIT, half open, another port, and IPv4 in IPv6. */
const PROC = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2427665 1 00000000cf85409a 100 0 0 10 0
  60: 070200C0:0050 096433C6:C822 01 00000000:00000000 00:00000000 00000000     0        0 2538410 2 0000000028ad6204 20 0 0 10 -1
  61: 070200C0:0050 176433C6:A2E8 06 00000000:00000000 03:00000CFA 00000000     0        0 0 3 0000000000000000
  62: 070200C0:0050 2C6433C6:A2E9 03 00000000:00000000 01:00000012 00000000     0        0 0 1 0000000000000000
  63: 070200C0:0016 057100CB:C366 01 00000000:00000000 02:000007F8 00000000     0        0 2538500 4 0000000028ad6205 20 4 31 10 -1
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2538409 1 000000008341ec19 100 0 0 10 0
   1: B80D0120000000000000000007000000:0050 B80D0120000009000000000001000000:A42C 01 00000000:00000000 00:00000000 00000000     0        0 2538413 1 00000000fd1b36b6 20 0 0 10 -1
   2: 0000000000000000FFFF0000070200C0:0050 0000000000000000FFFF0000096433C6:A2E8 01 00000000:00000000 00:00000000 00000000     0        0 2538411 1 00000000e107784a 20 0 0 10 -1`

/** illumos, \`netstat -n -f inet -P tcp\` and then \`-f inet6\`. */
const NETSTAT = `
TCP: IPv4
   Local Address        Remote Address    Swind Send-Q Rwind Recv-Q    State
-------------------- -------------------- ----- ------ ----- ------ -----------
192.0.2.7.80         198.51.100.9.51234   1064800      0 1055864      0 ESTABLISHED
192.0.2.7.80         198.51.100.23.3396   31856      0 24616      0 TIME_WAIT
192.0.2.7.22         203.0.113.5.34640    134664     51  128872      0 ESTABLISHED
192.0.2.7.4505       192.0.2.80.80        1064800      0 1055864      0 ESTABLISHED

TCP: IPv6
   Local Address                     Remote Address                    Swind Send-Q Rwind Recv-Q   State      If
--------------------------------- --------------------------------- ----- ------ ----- ------ ----------- -----
2001:db8::7.80                    2001:db8:9::1.42028               64240      0 128872      0 ESTABLISHED`

test.each([
  ['ss', SS, 4],
  ['ss, one state alone', SS_ESTABLISHED, 2],
  ['the kernel of Linux', PROC, 4],
  ['netstat of illumos', NETSTAT, 3],
  ['nobody', 'State Recv-Q Send-Q Local Address:Port Peer Address:PortProcess', 0],
  ['nothing at all', '', 0],
])('%s: everybody on the port counts, also who left a moment ago', (_name, table, uses) => {
  expect(countUses(answer(table), 80)).toBe(uses)
})

test.each([
  ['IPv4', '203.0.113.5', 'ESTAB 0 0 192.0.2.7:80 203.0.113.5:40000'],
  ['IPv4 in IPv6', '203.0.113.5', 'ESTAB 0 0 [::ffff:192.0.2.7]:80 [::ffff:203.0.113.5]:40000'],
  ['IPv6, spelled another way', '2001:db8:0:0::5', 'ESTAB 0 0 [2001:db8::7]:80 [2001:db8::5]:40000'],
  ['in /proc', '203.0.113.5', '   1: 070200C0:0050 057100CB:C366 06 0:0 00:0 0 0 0 0 3 0'],
  ['on illumos', '203.0.113.5', '192.0.2.7.80 203.0.113.5.34640 134664 51 128872 0 TIME_WAIT'],
])('who asks is no client: %s', (_name, from, line) => {
  expect(countUses(answer(line, `${from} 50022 192.0.2.7 22`), 80)).toBe(0)
  expect(countUses(answer(line, '203.0.113.50 50022 192.0.2.7 22'), 80)).toBe(1)
})

test('where ssh does not tell who asks, everybody counts', () => {
  expect(countUses(answer('ESTAB 0 0 192.0.2.7:80 203.0.113.5:40000', ''), 80)).toBe(1)
})

test.each([
  'ESTAB 0 0 127.0.0.1:80 127.0.0.1:40000',
  'ESTAB 0 0 [::1]:80 [::1]:40000',
  '  60: 0100007F:0050 0100007F:A841 01 0:0 00:0 0 0 0 25 2 0',
])('the programs of the machine itself are no clients: %s', line => {
  expect(countUses(answer(line), 80)).toBe(0)
})

test.each([
  ['nothing', ''],
  ['a greeting', 'Welcome to this machine.\n'],
  ['half a table', answer(SS).replace('mcd-end\n', '')],
  ['no table', 'mcd-from 203.0.113.5 1 192.0.2.7 22\nmcd-end\n'],
])('what is no whole answer is no zero: %s', (_name, text) => {
  expect(countUses(text, 80)).toBeUndefined()
})

test('what a login says before does no harm', () => {
  expect(countUses(`Welcome!\nESTAB 0 0 192.0.2.7:80 198.51.100.9:1\n${answer(SS)}bye\n`, 80)).toBe(4)
})
