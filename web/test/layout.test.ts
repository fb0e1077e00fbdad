// Where the rows of a long list lie: the trees give what a plain sum gives.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Layout } from "../src/ui/layout";

const rows = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => ({ key: `k${from + i}` }));

// The same by adding all heights.
class Plain {
	heights = new Map<string, number>();
	rows: { key: string }[] = [];
	top(index: number): number {
		const guess = this.heights.size ? [...this.heights].filter(([k]) => this.rows.some((r) => r.key === k)).reduce((n, [, h]) => n + h, 0) / this.heights.size : 30;
		return this.rows.slice(0, index).reduce((n, r) => n + (this.heights.get(r.key) ?? guess), 0);
	}
}

function agree(layout: Layout, plain: Plain): void {
	for (let i = 0; i <= plain.rows.length; i++) assert.ok(Math.abs(layout.top(i) - plain.top(i)) < 1e-6, `row ${i}`);
	for (let i = 0; i < plain.rows.length; i++) assert.equal(layout.at((plain.top(i) + plain.top(i + 1)) / 2), i);
}

test("rows come at the end, at the beginning and in the middle, and are measured in any order", () => {
	const [layout, plain] = [new Layout(), new Plain()];
	const set = (r: { key: string }[]) => layout.setRows((plain.rows = r));
	const measure = (i: number, h: number) => {
		layout.measure(i, h);
		plain.heights.set(plain.rows[i]?.key ?? "", h);
	};
	set(rows(100, 200));
	agree(layout, plain);
	for (const i of [0, 99, 50, 51, 7]) measure(i, 20 + i);
	agree(layout, plain);
	set(rows(100, 300));
	agree(layout, plain);
	set(rows(0, 300));
	measure(120, 500);
	agree(layout, plain);
	set([...rows(0, 150), { key: "gap" }, ...rows(150, 300)]);
	measure(150, 12);
	agree(layout, plain);
});

test("a height that is known is no news, and after a change of width none is known", () => {
	const layout = new Layout();
	layout.setRows(rows(0, 10));
	assert.equal(layout.total(), 300);
	assert.equal(layout.measure(3, 50), true);
	assert.equal(layout.measure(3, 50.2), false);
	assert.equal(layout.measure(10, 50), false);
	assert.equal(layout.total(), 500);
	layout.forget();
	assert.equal(layout.total(), 300);
});

test("an empty list has no rows, and what lies outside is the first or the last one", () => {
	const layout = new Layout();
	assert.deepEqual(layout.range(0, 500, 800), [0, 0]);
	layout.setRows(rows(0, 100));
	assert.equal(layout.at(-5), 0);
	assert.equal(layout.at(1e9), 99);
	assert.deepEqual(layout.range(0, 600, 800), [0, 47]);
});
