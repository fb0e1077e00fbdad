// Which rows of a long list are drawn: heights that were measured, a guess for the others, and where each row lies by that. No DOM.

const GUESS = 30; // pixels, until rows were measured
const AHEAD = 800; // pixels drawn above and below what is seen

export class Layout {
	private heights = new Map<string, number>();
	private measured = 0; // sum of the heights
	private tops: Float64Array<ArrayBufferLike> = new Float64Array(1);
	private keys: string[] = [];
	private stale = true;

	setKeys(keys: string[]): void {
		this.keys = keys;
		this.stale = true;
	}

	// True: the row's height is news.
	measure(key: string, height: number): boolean {
		const known = this.heights.get(key);
		if (known !== undefined && Math.abs(known - height) < 0.5) return false;
		this.measured += height - (known ?? 0);
		this.heights.set(key, height);
		this.stale = true;
		return true;
	}

	// After a change of width: every height is a guess again.
	forget(): void {
		this.heights.clear();
		this.measured = 0;
		this.stale = true;
	}

	private refresh(): void {
		if (!this.stale) return;
		const guess = this.heights.size ? this.measured / this.heights.size : GUESS;
		this.tops = new Float64Array(this.keys.length + 1);
		let top = 0;
		for (let i = 0; i < this.keys.length; i++) {
			top += this.heights.get(this.keys[i] as string) ?? guess;
			this.tops[i + 1] = top;
		}
		this.stale = false;
	}

	top(index: number): number {
		this.refresh();
		return this.tops[Math.max(0, Math.min(index, this.keys.length))] ?? 0;
	}

	total(): number {
		return this.top(this.keys.length);
	}

	// The row at a height.
	at(y: number): number {
		this.refresh();
		let [low, high] = [0, this.keys.length];
		while (low < high) {
			const mid = (low + high) >> 1;
			if ((this.tops[mid + 1] ?? 0) <= y) low = mid + 1;
			else high = mid;
		}
		return Math.min(low, Math.max(0, this.keys.length - 1));
	}

	// First row and the one after the last that are drawn when `top` to `top + view` is seen.
	range(top: number, view: number): [number, number] {
		return this.keys.length ? [this.at(top - AHEAD), Math.min(this.keys.length, this.at(top + view + AHEAD) + 1)] : [0, 0];
	}
}
