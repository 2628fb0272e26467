/** Who is with an owner: it leaves some time after the last has gone, and from then on lets nobody in. */
export type Attendance = {
  /** False: the owner is leaving, and who comes must look for another. */
  readonly enter: () => boolean;
  readonly exit: () => void;
  /** Now, whoever is there. */
  readonly leave: () => void;
  readonly count: () => number;
};

const graceMs = 1_000;
const firstClientMs = 20_000;

/** `left`: called once, when the owner leaves. */
export function attendance(left: () => void): Attendance {
  let count = 0;
  let isLeaving = false;
  let waiting: NodeJS.Timeout | undefined;
  const leave = () => {
    if (isLeaving) return;
    isLeaving = true;
    clearTimeout(waiting);
    left();
  };
  waiting = setTimeout(leave, firstClientMs);
  return {
    enter: () => {
      // What leaving takes is a while, in which who found the way here before still comes: with a hello it would be lost.
      if (isLeaving) return false;
      clearTimeout(waiting);
      count++;
      return true;
    },
    exit: () => {
      count--;
      if (count === 0 && !isLeaving) waiting = setTimeout(leave, graceMs);
    },
    leave,
    count: () => count,
  };
}
