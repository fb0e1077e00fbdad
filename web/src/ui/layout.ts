// Which rows of a long list are drawn: heights that were measured, a guess for the others, and where each row lies by that. No DOM.
// Two sums over all rows before one (of the heights that are known, and of how many those are) lie in Fenwick trees: of 50,000 rows, a
// row that is measured or added costs sixteen additions.

const GUESS = 30; // pixels, until rows were measured

export interface Keyed {
	key: string;
}

export class Layout {
	private heights = new Map<string, number>();
	private keys: string[] = [];
	private sums: Float64Array<ArrayBufferLike> = new Float64Array(64); // [i]: of the rows up to i that the tree's node covers; [0] is unused
	private known: Uint32Array<ArrayBufferLike> = new Uint32Array(64);
	private measured = 0; // sum of all that are known
	private count = 0;

	// The rows are these. Those that only got more at the end are found by looking, and the others are not touched.
	setRows(rows: readonly Keyed[]): void {
		const { keys } = this;
		let same = 0;
		while (same < keys.length && same < rows.length && keys[same] === rows[same]?.key) same++;
		if (same < keys.length) return this.rebuild(rows);
		for (let i = same; i < rows.length; i++) this.append(rows[i]?.key ?? "");
	}

	// One row more: its node is the sum of those that it covers.
	private append(key: string): void {
		this.keys.push(key);
		const i = this.keys.length;
		if (i >= this.sums.length) this.grow();
		const height = this.heights.get(key);
		let [sum, known] = [height ?? 0, height === undefined ? 0 : 1];
		this.measured += sum;
		this.count += known;
		for (let step = 1; step < (i & -i); step <<= 1) {
			sum += this.sums[i - step] ?? 0;
			known += this.known[i - step] ?? 0;
		}
		this.sums[i] = sum;
		this.known[i] = known;
	}

	private grow(): void {
		const [sums, known] = [this.sums, this.known];
		this.sums = new Float64Array(sums.length * 2);
		this.known = new Uint32Array(known.length * 2);
		this.sums.set(sums);
		this.known.set(known);
	}

	private rebuild(rows: readonly Keyed[]): void {
		this.keys = [];
		[this.measured, this.count] = [0, 0];
		for (const row of rows) this.append(row.key);
	}

	// True: the height of the row at an index is news.
	measure(index: number, height: number): boolean {
		const key = this.keys[index];
		const old = key === undefined ? height : this.heights.get(key);
		if (key === undefined || (old !== undefined && Math.abs(old - height) < 0.5)) return false;
		this.heights.set(key, height);
		const [more, news] = [height - (old ?? 0), old === undefined ? 1 : 0];
		this.measured += more;
		this.count += news;
		for (let i = index + 1; i <= this.keys.length; i += i & -i) {
			this.sums[i] = (this.sums[i] ?? 0) + more;
			this.known[i] = (this.known[i] ?? 0) + news;
		}
		return true;
	}

	// After a change of width: every height is a guess again.
	forget(): void {
		this.heights.clear();
		this.rebuild(this.keys.map((key) => ({ key })));
	}

	private guess(): number {
		return this.count ? this.measured / this.count : GUESS;
	}

	// Where the row at an index begins.
	top(index: number): number {
		const end = Math.max(0, Math.min(index, this.keys.length));
		let [sum, known] = [0, 0];
		for (let i = end; i > 0; i -= i & -i) {
			sum += this.sums[i] ?? 0;
			known += this.known[i] ?? 0;
		}
		return sum + (end - known) * this.guess();
	}

	total(): number {
		return this.top(this.keys.length);
	}

	// The row at a height.
	at(y: number): number {
		const [guess, n] = [this.guess(), this.keys.length];
		let [row, top] = [0, 0];
		for (let step = 1 << (31 - Math.clz32(Math.max(1, n))); step > 0; step >>= 1) {
			const to = row + step;
			const end = top + (this.sums[to] ?? 0) + (step - (this.known[to] ?? 0)) * guess;
			if (to <= n && end <= y) [row, top] = [to, end];
		}
		return Math.min(row, Math.max(0, n - 1));
	}

	// First row and the one after the last of those within `ahead` pixels around `top` to `top + view`.
	range(top: number, view: number, ahead: number): [number, number] {
		return this.keys.length ? [this.at(top - ahead), Math.min(this.keys.length, this.at(top + view + ahead) + 1)] : [0, 0];
	}
}
