// When to try again: at once the first time, then after pauses that double up to a minute, each a little at random so that a thousand
// pages do not come back in the same second.

const FIRST_MS = 1000;
const LONGEST_MS = 60000;

export class Backoff {
	private tries = 0;

	constructor(private random: () => number = Math.random) {}

	// Milliseconds to wait before the next attempt.
	next(): number {
		const pause = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.tries++);
		return Math.round(pause * (0.5 + this.random() / 2));
	}

	// After a connection that worked.
	reset(): void {
		this.tries = 0;
	}
}
