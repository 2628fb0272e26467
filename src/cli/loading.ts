import type { LoadProgress } from '../flow/capture/load-progress.ts';
import { bytesText } from './bytes.ts';
import { durationText } from './demo/screen.ts';

/** A stream on its way to another store. */
export function movingText(progress: LoadProgress): string {
  return loadingText(progress, 'is being copied to another store');
}

/** `is being loaded: 1.2 GB of 3.0 GB, 4,000,000 rows of 9,000,000; 3 m left (estimated from the source's statistics)`; `what` for what is read from elsewhere. */
export function loadingText({ phase, datasets, bytesPerS, leftMs }: LoadProgress, what = 'is being loaded'): string {
  const sum = (of: (dataset: LoadProgress['datasets'][number]) => number) =>
    datasets.reduce((total, dataset) => total + of(dataset), 0);
  const rows = sum((dataset) => dataset.rows).toLocaleString('en');
  if (phase === 'converging')
    return `is loaded, ${rows} rows in several views; the log is followed until they are of one, then they are published`;
  const ofRows = datasets.some((dataset) => dataset.ofRows === null) ? null : sum((dataset) => dataset.ofRows ?? 0);
  const counted = ofRows === null ? `${rows} rows` : `${rows} rows of ${ofRows.toLocaleString('en')}`;
  const bytes = `${bytesText(sum((dataset) => dataset.bytes))} of ${bytesText(sum((dataset) => dataset.ofBytes))}`;
  const rate = bytesPerS === null ? '' : `, ${bytesText(bytesPerS)}/s`;
  const left = leftMs === null ? '' : `, ${durationText(leftMs)} left`;
  return `${what}: ${bytes}, ${counted}${rate}${left} (what there is, and the time, are estimates)`;
}
