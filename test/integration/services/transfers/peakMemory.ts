/** `node --import` this: on its end the process says, as the last line of stderr, how many bytes of memory it had at most. */
import { readFileSync } from 'node:fs';
import { KIB } from '../../../../shared/units.ts';

/** proc(5): of this program alone. getrusage(2) begins with what the process had that started it. */
function peakOnLinux(): number {
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kibibytes) * KIB;
}

process.on('exit', () => {
  const peak = process.platform === 'linux' ? peakOnLinux() : process.resourceUsage().maxRSS * KIB;
  process.stderr.write(`\n${peak}`);
});
