// What the peers share: so many at a time, a warm-up, and "<seconds> <CPU seconds>" at the end.
export async function measure(count, atATime, deliver, warmUp = 1000) {
  const run = async (n) => {
    let next = 0;
    const lane = async () => {
      while (next < n) await deliver(next++);
    };
    await Promise.all(Array.from({ length: atATime }, lane));
  };
  // The compiler has seen everything before the clock starts.
  await run(Math.min(warmUp, count));
  const began = process.hrtime.bigint();
  const before = process.cpuUsage();
  await run(count);
  const { user, system } = process.cpuUsage(before);
  console.log(Number(process.hrtime.bigint() - began) / 1e9, (user + system) / 1e6);
}

export const words = ' the meeting about the new mandate can be moved to Thursday at ten, does that suit?';
