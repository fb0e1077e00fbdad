/*
 * page.js - draws a run: a ladder whose rows exist only while they can be seen, plots, counters. What
 * the record says gets into the page as text nodes and canvas text, never as markup. The data and
 * their order are those of html.c.
 */
'use strict';
(() => {
const data = JSON.parse(document.getElementById('data').textContent);
const $ = (id) => document.getElementById(id);
const SVG = 'http://www.w3.org/2000/svg';

/* Members of a row: [kind, at, conn, packet] or [kind, at, conn, node, text, value]. The first comes as a number: the
 * packet's twice, and one more for its arrival. */
const KIND = 0, AT = 1, CONN = 2, PACKET = 3, NODE = 3, TEXT = 4, VALUE = 5;
const ROW = { PACKET: 0, ARRIVAL: 1, CALL: 2, RETURN: 3, STATE: 4, NOTE: 5, SILENCE: 6, READY: 8 };
/* Members of a packet. */
const P = { SENT: 0, ENDED: 1, FROM: 2, TO: 3, CONN: 4, SIDE: 5, FATE: 6, END: 7, REASON: 8, MARK: 9, LENGTH: 10,
	WORDS: 11, FLAGS: 12, SEQ: 13, ACK: 14, PAYLOAD: 15, WINDOW: 16, OPTIONS: 17, SACK: 18 };
const FATE = { ARRIVED: 0, DISCARDED: 1, DROPPED: 2, UNDER_WAY: 3 };
const MARK_AGAIN = 1, MARK_DUP = 4, MARK_COPY = 5, CLOSED = 7, OFF = 0;
const FLAG = { FIN: 1, SYN: 2, RST: 4, ACK: 16 };
const FLAG_NAMES = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR', 'AE'];
const SILENCE = 10e9; /* ns that make a row of their own */
const PRINT_ROWS = 3000;

/* ---- words ---- */

const pad6 = (n) => String(n).padStart(6, '0');

function seconds(ns) {
	const us = Math.round(Math.abs(ns) / 1000);
	return (ns < 0 ? '-' : '') + Math.floor(us / 1e6) + '.' + pad6(us % 1e6);
}

function span(ns) {
	const s = Math.floor(ns / 1e9);
	if (s >= 86400) return `${Math.floor(s / 86400)} d ${Math.floor(s % 86400 / 3600)} h`;
	if (s >= 3600) return `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min`;
	if (s >= 60) return `${Math.floor(s / 60)} min ${s % 60} s`;
	if (s >= 10) return `${s} s`;
	if (s >= 1) return `${(ns / 1e9).toFixed(1)} s`;
	return ns >= 1e6 ? `${+(ns / 1e6).toFixed(3)} ms` : `${+(ns / 1e3).toFixed(3)} us`;
}

const nodeName = (n) => n >= 0 ? data.nodes[n][1] : 'unknown';
const lost = (p) => p[P.FATE] === FATE.DROPPED || p[P.FATE] === FATE.DISCARDED;
const trouble = (p) => lost(p) || p[P.MARK] || p[P.FLAGS] & FLAG.RST;
const again = (p) => p[P.MARK] === MARK_AGAIN || p[P.MARK] === MARK_COPY;
const endpoint = (c, side) => {
	const address = c[1 + 3 * side];
	return (address.includes(':') ? `[${address}]` : address) + ':' + c[2 + 3 * side];
};
const flagNames = (flags) => FLAG_NAMES.filter((_, i) => flags >> i & 1).join(' ') || 'none';

/* A packet's words; for absolute numbers each is moved by where its direction began: "1:6(5) ack 1 sack 9:12". */
function wordsOf(p) {
	const c = data.conns[p[P.CONN] - 1];
	if (!shown.absolute || !c || p[P.FLAGS] === undefined) return p[P.WORDS];
	const own = c[3 + 3 * p[P.SIDE]], peer = c[6 - 3 * p[P.SIDE]], sack = p[P.WORDS].indexOf(' sack ');
	const move = (n, by) => (+n + by) >>> 0;
	return p[P.WORDS].replace(/\b(\d+):(\d+)|\back (\d+)/g, (_, from, to, ack, at) => {
		if (ack !== undefined) return `ack ${move(ack, peer)}`;
		const by = sack >= 0 && at > sack ? peer : own;
		return `${move(from, by)}:${move(to, by)}`;
	});
}

function element(tag, attributes, text) {
	const e = document.createElementNS(SVG, tag);
	for (const k in attributes) e.setAttribute(k, attributes[k]);
	if (text !== undefined) e.textContent = text;
	return e;
}

function option(select, value, text) {
	const o = document.createElement('option');
	o.value = value;
	o.textContent = text;
	select.append(o);
}

data.rows = data.rows.map((r) => {
	if (typeof r !== 'number') return r;
	const p = data.packets[r >> 1], kind = r & 1 ? ROW.ARRIVAL : ROW.PACKET;
	return [kind, p[kind === ROW.PACKET && p[P.MARK] !== MARK_COPY ? P.SENT : P.ENDED], p[P.CONN], r >> 1];
});

/* ---- which rows: by connection, host, trouble ---- */

const shown = { conn: data.connection, hosts: new Set(data.columns), absolute: !!data.absolute, problems: false, ready: false, zoom: 1 };

function wanted(r) {
	const kind = r[KIND];
	if (kind === ROW.NOTE) return true;
	if (kind <= ROW.ARRIVAL) {
		const p = data.packets[r[PACKET]];
		if (shown.conn && p[P.CONN] !== shown.conn) return false;
		if (shown.problems && !trouble(p)) return false;
		return shown.hosts.has(p[P.FROM]) || shown.hosts.has(p[P.TO]);
	}
	if (!shown.hosts.has(r[NODE])) return false;
	if (kind === ROW.READY && !shown.ready) return false;
	if (kind === ROW.STATE || kind === ROW.READY) return !shown.conn || !r[CONN] || r[CONN] === shown.conn;
	return !shown.problems || r[TEXT].includes('= -1');
}

/* ---- where rows are: y grows with what has to be written and with the logarithm of time ---- */

const HEIGHT = { [ROW.PACKET]: 20, [ROW.ARRIVAL]: 4, [ROW.CALL]: 20, [ROW.RETURN]: 20, [ROW.STATE]: 20, [ROW.NOTE]: 32,
	[ROW.SILENCE]: 32, [ROW.READY]: 20 };
let rows = [], y = new Float64Array(1), ends = new Float64Array(0), reach = new Float64Array(0), total = 0;
let lifelines = []; /* by column: [[y, state], ...] */

const gap = (ns) => ns > 0 ? Math.min(16, Math.log2(1 + ns / 50e3)) * 3 * shown.zoom : 0;

function chooseRows() {
	let last = null;
	rows = [];
	for (const r of data.rows) {
		if (!wanted(r)) continue;
		if (last !== null && r[AT] - last >= SILENCE) rows.push([ROW.SILENCE, last, 0, -1, `${span(r[AT] - last)} of silence`, 0]);
		rows.push(r);
		last = r[AT];
	}
}

function layOut() {
	let at = 8, last = rows.length ? rows[0][AT] : 0;
	y = new Float64Array(rows.length + 1);
	ends = new Float64Array(data.packets.length);
	for (let i = 0; i < rows.length; i++) {
		const r = rows[i];
		if (r[KIND] !== ROW.SILENCE) {
			if (i === 0 || rows[i - 1][KIND] !== ROW.SILENCE) at += gap(r[AT] - last);
			last = r[AT];
		}
		y[i] = at;
		if (r[KIND] === ROW.ARRIVAL) ends[r[PACKET]] = at;
		at += HEIGHT[r[KIND]];
	}
	y[rows.length] = at;
	total = at + 24;
	reach = new Float64Array(rows.length); /* how far down any arrow of this row or above reaches */
	for (let i = 0, far = 0; i < rows.length; i++) {
		if (rows[i][KIND] === ROW.PACKET) far = Math.max(far, ends[rows[i][PACKET]]);
		reach[i] = far;
	}
}

function colourLifelines() {
	lifelines = columns().map(() => [[0, CLOSED]]);
	rows.forEach((r, i) => {
		const column = r[KIND] === ROW.STATE || r[KIND] === ROW.NOTE ? columns().indexOf(r[NODE]) : -1;
		if (column < 0 || (r[KIND] === ROW.NOTE && !r[VALUE])) return;
		const state = r[KIND] === ROW.STATE ? Math.max(1, r[VALUE]) : r[VALUE] < 0 ? OFF : CLOSED;
		lifelines[column].push([y[i] + 9, state]);
	});
}

const columns = () => data.columns.filter((n) => shown.hosts.has(n));

/* The first row that begins at or below a height. */
function rowAt(height) {
	let low = 0, high = rows.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if (y[middle] < height) low = middle + 1; else high = middle;
	}
	return low;
}

/* ---- the ladder ---- */

const ladder = $('ladder'), head = $('head'), picture = $('rows');
let narrow = false, x = [], width = 0, seen = 0, timeX = 0; /* seen: of width; timeX: where times end */
const longestTime = () => Math.max(9, seconds(data.rows.length ? data.rows[data.rows.length - 1][AT] : 0).length);

function placeColumns() {
	const n = columns().length;
	seen = ladder.clientWidth;
	narrow = seen < 760;
	timeX = longestTime() * 6.7 + (narrow ? 2 : 16);
	width = n > 2 ? Math.max(seen, 200 * (n - 1) + (narrow ? timeX + 24 : 460)) : seen; /* more hosts: it scrolls */
	$('length').style.width = head.style.width = `${width}px`;
	const first = narrow ? timeX + 12 : n > 2 ? 260 : n > 1 ? Math.min(330, seen * 0.3) : 330;
	const last = narrow ? width - 12 : width - Math.min(n > 2 ? 200 : 260, seen * 0.26);
	x = columns().map((_, i) => n > 1 ? first + (last - first) * i / (n - 1) : first);
}

const between = () => x.length > 1 ? x[1] - x[0] : Math.min(width - x[0], 320);
const cut = (text, room) => {
	const n = Math.max(2, Math.floor(room / (narrow ? 6.7 : 7.3)));
	return text.length > n ? text.slice(0, n - 1) + '\u2026' : text;
};

function drawHead() {
	head.replaceChildren(element('text', { class: 't e', x: timeX, y: 22 }, 'seconds'));
	columns().forEach((n, i) => {
		const outer = narrow && i === x.length - 1 && i > 0;
		const at = narrow && i === 0 ? { x: x[i], 'text-anchor': 'start' } : { x: x[i] };
		head.append(element('text', { class: outer ? 'n e' : narrow && i === 0 ? 'n' : 'h', y: 22, ...at }, cut(nodeName(n), between() - 10)));
	});
}

/* Where an arrow begins and ends; one end that is not known lies short of the next lifeline. */
function ends_of(p) {
	const a = columns().indexOf(p[P.FROM]), b = p[P.TO] === p[P.FROM] ? -1 : columns().indexOf(p[P.TO]);
	const known = a >= 0 ? a : b;
	const away = between() * 0.8 * (known > 0 && known === x.length - 1 ? -1 : 1);
	return [a >= 0 ? x[a] : x[known] + away, b >= 0 ? x[b] : x[known] + away];
}

function arrow(p, top) {
	const [from, to] = ends_of(p);
	const step = to > from ? 1 : -1;
	const a = { step, x: from + 3 * step, y: top + 16, toX: to - 3 * step };
	a.toY = Math.max(ends[p.number] || a.y + 6, a.y + 4);
	if (p[P.FATE] >= FATE.DROPPED) a.toX = a.x + (a.toX - a.x) / 2;
	else if (lost(p)) a.toX -= 5 * step;
	return a;
}

/* A head that points along the arrow. */
function tip(a, style) {
	const length = Math.hypot(a.toX - a.x, a.toY - a.y) || 1;
	const dx = (a.toX - a.x) / length, dy = (a.toY - a.y) / length;
	const bx = a.toX - 9 * dx, by = a.toY - 9 * dy;
	return element('path', { class: `tip ${style}`, d: `M${a.toX} ${a.toY}L${bx - 4 * dy} ${by + 4 * dx}L${bx + 4 * dy} ${by - 4 * dx}z` });
}

function shaft(i) {
	const p = packetOf(rows[i]), a = arrow(p, y[i]);
	const style = lost(p) ? 'bad' : p[P.FATE] === FATE.UNDER_WAY ? 'way' : again(p) ? 'again' : '';
	const g = element('g', { 'data-row': i });
	const d = `M${a.x} ${a.y}L${a.toX} ${a.toY}`;
	g.append(element('path', { class: `a ${style}`, d }), element('path', { class: 'hit', d }));
	if (p[P.FATE] === FATE.ARRIVED) g.append(tip(a, style));
	if (lost(p)) g.append(element('path', { class: 'x', d: `M${a.toX - 4} ${a.toY - 4}l8 8m0 -8l-8 8` }));
	return g;
}

function packetOf(r) {
	const p = data.packets[r[PACKET]];
	p.number = r[PACKET];
	return p;
}

const number = (conn) => conn && !shown.conn && data.conns.length > 1 ? `#${conn} ` : '';

function packetWords(i) {
	const p = packetOf(rows[i]), a = arrow(p, y[i]), g = element('g', { 'data-row': i });
	const words = number(p[P.CONN]) + (wordsOf(p));
	const style = lost(p) ? ' bad' : again(p) ? ' again' : '';
	g.append(element('text', { class: `w${style}${a.step > 0 ? '' : ' e'}`, x: a.x + 8 * a.step, y: y[i] + 12 }, cut(words, between() - 20)));
	if (lost(p)) g.append(reason(p, a));
	return g;
}

/* Why a packet ended: outside of the lifeline of a host that discards it, if there is room. */
function reason(p, a) {
	const inside = narrow && p[P.FATE] === FATE.DISCARDED;
	const forward = inside ? -a.step : a.step;
	const room = p[P.FATE] === FATE.DROPPED ? between() / 2 - 24 : narrow ? between() * 0.7 : 230;
	return element('text', { class: `w bad${forward > 0 ? '' : ' e'}`, x: a.toX + (p[P.FATE] === FATE.DISCARDED && !inside ? 18 : 11) * forward, y: a.toY + (inside ? 15 : 4) },
		cut(p[P.REASON] || '', room));
}

/* A call or state: outside of the outer lifelines, inside if the page is narrow. */
function beside(i) {
	const r = rows[i], column = columns().indexOf(r[NODE]), state = r[KIND] === ROW.STATE, ready = r[KIND] === ROW.READY;
	const last = column > 0 && column === x.length - 1;
	const left = narrow ? last : column === 0;
	const room = narrow ? between() - 24 : left ? x[0] - timeX - 24 : last ? width - x[column] - 20 : between() - 24;
	const g = element('g', { 'data-row': i });
	if (state) g.append(element('circle', { cx: x[column], cy: y[i] + 9, r: 5, style: `fill:var(--s${Math.max(1, r[VALUE])})` }));
	g.append(element('text', { class: `w ${state ? 'n' : ready ? 'r' : 'c'}${left ? ' e' : ''}`, x: x[column] + (left ? -10 : 10), y: y[i] + 13 },
		cut((state || ready ? number(r[CONN]) : '') + r[TEXT], room)));
	return g;
}

function band(i) {
	const r = rows[i], first = x.length ? x[0] : 80, last = x.length ? x[x.length - 1] : width;
	const from = narrow ? first : first - 70, to = narrow ? last : last + 70;
	const left = Math.max(from, ladder.scrollLeft), right = Math.min(to, ladder.scrollLeft + seen); /* what can be seen of it */
	const g = element('g', { 'data-row': i });
	g.append(element('rect', { class: 'band', x: from, y: y[i] + 4, width: Math.max(0, to - from), height: 24, rx: 4 }),
		element('text', { class: r[KIND] === ROW.NOTE ? 'n m' : 't m', x: (left + right) / 2, y: y[i] + 20 }, cut(r[TEXT], right - left - 10)));
	return g;
}

function time(i) {
	const r = rows[i];
	if (r[KIND] === ROW.ARRIVAL || r[KIND] === ROW.SILENCE) return null;
	for (let j = i - 1; j >= 0 && rows[j][AT] === r[AT]; j--)
		if (rows[j][KIND] !== ROW.ARRIVAL && rows[j][KIND] !== ROW.SILENCE) return null;
	return element('text', { class: 't e', x: timeX, y: y[i] + (r[KIND] === ROW.NOTE ? 20 : 12) }, seconds(r[AT]));
}

function pieces(top, bottom) {
	const made = [];
	lifelines.forEach((line, column) => {
		let low = 0, high = line.length - 1; /* the last piece that begins above the top */
		while (low < high) {
			const middle = (low + high + 1) >> 1;
			if (line[middle][0] <= top) low = middle; else high = middle - 1;
		}
		for (let i = low; i < line.length && line[i][0] <= bottom; i++) {
			const [from, state] = line[i], to = i + 1 < line.length ? line[i + 1][0] : total;
			made.push(element('line', { class: state === OFF ? 'l off' : 'l', x1: x[column], x2: x[column], y1: Math.max(from, top),
				y2: Math.min(to, bottom), style: `stroke:var(--s${state})` }));
		}
	});
	return made;
}

/* Draws what lies between two heights. */
function drawRows(top, bottom) {
	let first = Math.max(0, rowAt(top) - 2);
	const last = rowAt(bottom);
	const bands = [], shafts = [], words = [];
	for (let back = first - 1; back >= 0 && reach[back] >= top; back--) /* arrows that come from above */
		if (rows[back][KIND] === ROW.PACKET && ends[rows[back][PACKET]] >= top) shafts.push(shaft(back));
	for (let i = first; i < last; i++) {
		const kind = rows[i][KIND];
		if (kind === ROW.PACKET) { shafts.push(shaft(i)); words.push(packetWords(i)); }
		else if (kind === ROW.NOTE || kind === ROW.SILENCE) bands.push(band(i));
		else if (kind !== ROW.ARRIVAL) words.push(beside(i));
		const t = time(i);
		if (t) words.push(t);
	}
	picture.replaceChildren(...bands, ...pieces(top, bottom), ...shafts, ...words);
}

/* Only what can be seen is there, with as much again above and below. */
let drawn = [1, 0, 0];
function draw(force) {
	const room = ladder.clientHeight, top = Math.max(0, ladder.scrollTop - room), bottom = ladder.scrollTop + 2 * room;
	if (!force && ladder.scrollTop >= drawn[0] && ladder.scrollTop + room <= drawn[1] && ladder.scrollLeft === drawn[2]) return;
	drawn = [top, bottom, ladder.scrollLeft];
	show(top, Math.min(bottom, total));
}

function show(top, bottom) {
	picture.style.top = `${top}px`;
	picture.setAttribute('height', Math.max(0, bottom - top));
	picture.setAttribute('viewBox', `0 ${top} ${width} ${Math.max(1, bottom - top)}`);
	picture.setAttribute('preserveAspectRatio', 'xMinYMin');
	drawRows(top, bottom);
}

function relay(keep) {
	const at = keep && rows.length ? rows[Math.min(rowAt(ladder.scrollTop), rows.length - 1)][AT] : null;
	chooseRows();
	layOut();
	colourLifelines();
	placeColumns();
	drawHead();
	$('length').style.height = `${total}px`;
	if (at !== null) scrollTo(at);
	draw(true);
}

function scrollTo(at) {
	let i = rows.findIndex((r) => r[AT] >= at);
	if (i < 0) i = rows.length - 1;
	ladder.scrollTop = i > 0 ? y[i] - 20 : 0;
}

/* The next packet below the top that was lost, sent again or resets; from the end on the first. */
function nextTrouble() {
	const is = (r) => r[KIND] === ROW.PACKET && trouble(data.packets[r[PACKET]]);
	const top = rowAt(ladder.scrollTop + 21);
	let i = rows.findIndex((r, n) => n >= top && is(r));
	if (i < 0) i = rows.findIndex(is);
	if (i >= 0) ladder.scrollTop = y[i] - 20;
}

/* A click on a packet shows its connection alone, another one all. */
function pick(event) {
	const g = event.target.closest('[data-row]'), r = g && rows[+g.dataset.row];
	if (!r || !r[CONN] || data.conns.length < 2) return;
	const at = r[AT];
	choose(shown.conn ? 0 : r[CONN]);
	$('conn').dispatchEvent(new Event('change'));
	scrollTo(at);
}

/* ---- what a row says on hover ---- */

function packetDetails(p) {
	const lines = [wordsOf(p), `${nodeName(p[P.FROM])} to ${nodeName(p[P.TO])}, ${p[P.LENGTH]} bytes`];
	if (p[P.CONN]) lines.push(`connection ${p[P.CONN]}: ${endpoint(data.conns[p[P.CONN] - 1], p[P.SIDE])} to ${endpoint(data.conns[p[P.CONN] - 1], 1 - p[P.SIDE])}`);
	lines.push(`sent ${seconds(p[P.SENT])}`);
	if (p[P.FATE] === FATE.ARRIVED) lines.push(`arrived ${seconds(p[P.ENDED])}, after ${span(p[P.ENDED] - p[P.SENT])}`);
	if (p[P.FATE] === FATE.DISCARDED) lines.push(`discarded by ${nodeName(p[P.END])} at ${seconds(p[P.ENDED])}: ${p[P.REASON]}`);
	if (p[P.FATE] === FATE.DROPPED) lines.push(`dropped by ${nodeName(p[P.END])} at ${seconds(p[P.ENDED])}: ${p[P.REASON]}`);
	if (p[P.FATE] === FATE.UNDER_WAY) lines.push('under way when the run ended');
	if (p[P.FLAGS] === undefined) return lines;
	lines.push(`flags ${flagNames(p[P.FLAGS])}`, `seq ${p[P.SEQ]}, payload ${p[P.PAYLOAD]}`);
	if (p[P.FLAGS] & FLAG.ACK) lines.push(`ack ${p[P.ACK]}`);
	lines.push(`window ${p[P.WINDOW]}`);
	if (p[P.OPTIONS]) lines.push(`options ${p[P.OPTIONS]}`);
	return lines;
}

function details(i) {
	const r = rows[i];
	if (r[KIND] === ROW.PACKET) return packetDetails(data.packets[r[PACKET]]).join('\n');
	if (r[KIND] === ROW.SILENCE) return `${r[TEXT]}\nfrom ${seconds(r[AT])}`;
	const where = r[KIND] === ROW.NOTE ? '' : `${nodeName(r[NODE])}: `;
	return `${where}${r[TEXT]}\n${seconds(r[AT])}`;
}

function hover(event) {
	const g = event.target.closest('[data-row]'), box = $('tip');
	box.hidden = !g;
	if (!g) return;
	box.textContent = details(+g.dataset.row);
	const w = box.offsetWidth, h = box.offsetHeight;
	box.style.left = `${Math.max(6, Math.min(event.clientX + 14, innerWidth - w - 6))}px`;
	box.style.top = `${event.clientY + 18 + h > innerHeight ? Math.max(6, event.clientY - h - 12) : event.clientY + 18}px`;
}

/* ---- plots ---- */

/* Time without its silences: piecewise linear; all silences together take at most half of a plot, each what its
 * logarithm is worth. */
const fold = { at: [], to: [], silences: [] };
const SILENCE_MAX = 2e9, SILENCE_TRIPS = 20;

/* What counts as a silence: longer than 20 times a packet's way, or 2 s. */
function silence() {
	const ways = [];
	for (let i = 0; i < data.packets.length; i += 1 + (data.packets.length >> 12)) {
		const p = data.packets[i];
		if (p[P.FATE] === FATE.ARRIVED) ways.push(p[P.ENDED] - p[P.SENT]);
	}
	ways.sort((a, b) => a - b);
	return ways.length ? Math.min(SILENCE_MAX, Math.max(1e7, SILENCE_TRIPS * ways[ways.length >> 1])) : SILENCE_MAX;
}

function learnFolds(on) {
	const least = silence(), gaps = [];
	let last = null, busy = 0, quiet = 0;
	for (const r of data.rows) {
		if (r[KIND] === ROW.SILENCE || r[AT] === last) continue;
		const d = last === null ? 0 : r[AT] - last;
		if (d > least) { gaps.push([last, r[AT]]); quiet += worth(d, least); } else busy += d;
		last = r[AT];
	}
	const first = data.rows.length ? data.rows[0][AT] : 0;
	const scale = Math.min(least, Math.max(busy, 1e6) / quiet);
	let at = first, to = 0;
	fold.at = [first];
	fold.to = [0];
	fold.silences = [];
	for (const [begin, end] of on ? gaps : []) {
		to += begin - at;
		knot(begin, to);
		to += worth(end - begin, least) * scale;
		knot(end, to);
		fold.silences.push([begin, end]);
		at = end;
	}
	knot(last > first ? last : first + 1e6, to + (last > first ? last - at : 1e6));
}

const worth = (d, least) => 1 + 0.2 * Math.log2(d / least);
const knot = (at, to) => { fold.at.push(at); fold.to.push(to); };

function map(value, from, to) {
	let low = 0, high = from.length - 1;
	while (high - low > 1) { const m = (low + high) >> 1; if (from[m] <= value) low = m; else high = m; }
	const d = from[high] - from[low];
	return to[low] + (d > 0 ? (value - from[low]) / d * (to[high] - to[low]) : 0);
}
const folded = (at) => map(at, fold.at, fold.to);
const unfolded = (to) => map(to, fold.to, fold.at);

let view = [0, 1]; /* folded times */
const plots = [];
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const MARGIN = { left: 64, right: 12, top: 10, bottom: 24 };

/* 1, 2 or 5 times a power of ten, not below a value. */
function nice(value) {
	const power = 10 ** Math.floor(Math.log10(value)), n = value / power;
	return (n <= 1 ? 1 : n <= 2 ? 2 : n <= 5 ? 5 : 10) * power;
}

function short(v) {
	if (v >= 1e9) return `${+(v / 1e9).toFixed(2)}G`;
	if (v >= 1e6) return `${+(v / 1e6).toFixed(2)}M`;
	return v >= 1e4 ? `${+(v / 1e3).toFixed(1)}k` : String(+v.toFixed(3));
}

/* Silences that are folded, with how long they are where there is room. */
function drawSilences(plot) {
	const { c, w, h } = plot, scale = (w - MARGIN.left - MARGIN.right) / (view[1] - view[0]);
	c.textAlign = 'center';
	for (const [begin, end] of fold.silences) {
		const from = Math.max(MARGIN.left, MARGIN.left + (folded(begin) - view[0]) * scale);
		const to = Math.min(w - MARGIN.right, MARGIN.left + (folded(end) - view[0]) * scale);
		if (to - from < 1) continue;
		c.fillStyle = colour('band');
		c.fillRect(from, MARGIN.top, to - from, h - MARGIN.top - MARGIN.bottom);
		c.fillStyle = colour('dim');
		if (to - from > 60) c.fillText(span(end - begin), (from + to) / 2, h - MARGIN.bottom - 6);
	}
}

function timeTicks(plot) {
	const { c, w, h } = plot;
	const place = (at) => MARGIN.left + (folded(at) - view[0]) / (view[1] - view[0]) * (w - MARGIN.left - MARGIN.right);
	const when = (px) => unfolded(view[0] + (px - MARGIN.left) / (w - MARGIN.left - MARGIN.right) * (view[1] - view[0]));
	c.fillStyle = colour('dim');
	c.strokeStyle = colour('line');
	c.textAlign = 'center';
	for (let px = MARGIN.left; px < w - MARGIN.right - 40;) {
		const at = when(px), step = nice(Math.max(1e3, when(px + 90) - at)), tick = Math.ceil(at / step) * step, to = place(tick);
		if (to > w - MARGIN.right - 10) break;
		c.beginPath(); c.moveTo(to, MARGIN.top); c.lineTo(to, h - MARGIN.bottom); c.stroke();
		c.fillText(`${+(tick / 1e9).toFixed(6)} s`, to, h - 8);
		px = Math.max(px + 80, to + 80);
	}
}

function valueTicks(plot, max) {
	const { c, w, h } = plot, step = nice(max / 6);
	c.fillStyle = colour('dim');
	c.strokeStyle = colour('line');
	c.textAlign = 'right';
	for (let v = 0; v <= max; v += step) {
		const py = h - MARGIN.bottom - v / max * (h - MARGIN.top - MARGIN.bottom);
		c.beginPath(); c.moveTo(MARGIN.left, py); c.lineTo(w - MARGIN.right, py); c.stroke();
		c.fillText(short(v), MARGIN.left - 6, py + 4);
	}
}

/* Prepares a canvas; gives what turns time and value into pixels. */
function axes(plot, min, max) {
	const canvas = plot.canvas, ratio = devicePixelRatio || 1;
	plot.w = canvas.clientWidth;
	plot.h = plot.height;
	canvas.width = plot.w * ratio;
	canvas.height = plot.h * ratio;
	canvas.style.height = `${plot.h}px`;
	const c = plot.c = canvas.getContext('2d');
	c.scale(ratio, ratio);
	c.font = '11px system-ui, sans-serif';
	c.lineWidth = 1;
	max = max > min ? max : min + 1;
	drawSilences(plot);
	timeTicks(plot);
	if (min === 0) valueTicks(plot, max * 1.05);
	c.save();
	c.beginPath();
	c.rect(MARGIN.left, 0, plot.w - MARGIN.left - MARGIN.right, plot.h - MARGIN.bottom + 1);
	c.clip();
	max = min + (max - min) * 1.05;
	plot.px = (at) => MARGIN.left + (folded(at) - view[0]) / (view[1] - view[0]) * (plot.w - MARGIN.left - MARGIN.right);
	plot.py = (v) => plot.h - MARGIN.bottom - (v - min) / (max - min) * (plot.h - MARGIN.top - MARGIN.bottom);
	plot.value = (py) => min + (plot.h - MARGIN.bottom - py) / (plot.h - MARGIN.top - MARGIN.bottom) * (max - min);
	return c;
}

/* Points [at, value] as stairs; null breaks the line. */
function stairs(plot, points, style, dash) {
	const c = plot.c;
	let last = null;
	c.strokeStyle = colour(style);
	c.setLineDash(dash || []);
	c.lineWidth = 1.5;
	c.beginPath();
	for (const [at, v] of points) {
		const px = plot.px(at);
		if (last === null) c.moveTo(px, plot.py(v));
		else { c.lineTo(px, last); c.lineTo(px, plot.py(v)); }
		last = plot.py(v);
	}
	if (last !== null) c.lineTo(plot.px(unfolded(view[1])), last);
	c.stroke();
	c.setLineDash([]);
}

const inView = (at) => { const f = folded(at); return f >= view[0] && f <= view[1]; };

/* What is within the view, with one point on either side. */
function within(points) {
	const begin = unfolded(view[0]), end = unfolded(view[1]);
	let first = 0, last = points.length;
	while (first + 1 < points.length && points[first + 1][0] < begin) first++;
	while (last > first + 1 && points[last - 2][0] > end) last--;
	return points.slice(first, last);
}

/* The directions of TCP connections that carry data. */
function directions() {
	const bytes = new Map();
	for (const p of data.packets)
		if (p[P.CONN] && p[P.PAYLOAD]) bytes.set(p[P.CONN] * 2 + p[P.SIDE], (bytes.get(p[P.CONN] * 2 + p[P.SIDE]) || 0) + p[P.PAYLOAD]);
	return [...bytes].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, 200);
}

/* Sequence numbers without their wrap: each lies within half the circle of the one before. */
function unwrap(isn) {
	let last = 0;
	return (seq) => { last += (((seq - isn) >>> 0) - (last >>> 0)) | 0; return last; };
}

/* What tcptrace draws of a direction, as the sender sees it. */
function timeSequence(conn, side) {
	const isn = data.conns[conn - 1][3 + 3 * side], seq = unwrap(isn), ack = unwrap(isn);
	const t = { sent: [], again: [], lost: [], acks: [], dups: [], window: [], sack: [], max: 0 };
	for (const p of data.packets) {
		if (p[P.CONN] !== conn || p[P.FLAGS] === undefined) continue;
		if (p[P.SIDE] === side) {
			const from = seq(p[P.SEQ]), to = from + p[P.PAYLOAD] + (p[P.FLAGS] & (FLAG.SYN | FLAG.FIN) ? 1 : 0);
			if (to > from) (p[P.MARK] === MARK_AGAIN ? t.again : t.sent).push([p[P.SENT], from, to]);
			if (to > from && lost(p)) t.lost.push([p[P.SENT], (from + to) / 2]);
			if (!(p[P.FLAGS] & FLAG.RST)) t.max = Math.max(t.max, to);
		} else if (p[P.FATE] === FATE.ARRIVED && p[P.FLAGS] & FLAG.ACK && !(p[P.FLAGS] & FLAG.RST)) {
			const a = ack(p[P.ACK]);
			t.acks.push([p[P.ENDED], a]);
			if (p[P.MARK] === MARK_DUP) t.dups.push([p[P.ENDED], a]);
			t.window.push([p[P.ENDED], a + p[P.WINDOW]]);
			for (let i = 0; p[P.SACK] && i < p[P.SACK].length; i += 2)
				t.sack.push([p[P.ENDED], a + ((p[P.SACK][i] - p[P.ACK]) | 0), a + ((p[P.SACK][i + 1] - p[P.ACK]) | 0)]);
		}
	}
	t.acks.sort((a, b) => a[0] - b[0]);
	t.window.sort((a, b) => a[0] - b[0]);
	return t;
}

function bars(plot, segments, style, width) {
	const c = plot.c;
	c.strokeStyle = colour(style);
	c.lineWidth = width;
	c.beginPath();
	for (const [at, from, to] of segments) {
		if (!inView(at)) continue;
		const px = plot.px(at), top = plot.py(to), bottom = Math.max(plot.py(from), top + 2);
		c.moveTo(px, bottom); c.lineTo(px, top);
		if (bottom - top > 6) { c.moveTo(px - 2, top + 3); c.lineTo(px, top); c.lineTo(px + 2, top + 3); }
	}
	c.stroke();
}

/* Duplicate acknowledgments: ticks on the line. */
function ticks(plot, points, style) {
	const c = plot.c;
	c.strokeStyle = colour(style);
	c.lineWidth = 1;
	c.beginPath();
	for (const [at, v] of points) {
		if (!inView(at)) continue;
		const px = plot.px(at), py = plot.py(v);
		c.moveTo(px, py - 4); c.lineTo(px, py + 4);
	}
	c.stroke();
}

function drawSequence(plot) {
	const t = plot.data;
	let max = 1;
	for (const s of t.sent) if (inView(s[0])) max = Math.max(max, s[2]);
	for (const s of within(t.acks)) max = Math.max(max, s[1]);
	let min = max;
	for (const s of [...t.sent, ...t.again]) if (inView(s[0])) min = Math.min(min, s[1]);
	for (const s of within(t.acks)) min = Math.min(min, s[1]);
	const c = axes(plot, min > max / 4 ? min : 0, max);
	stairs(plot, within(t.window), 'win');
	stairs(plot, within(t.acks), 'ack');
	ticks(plot, t.dups, 'ack');
	bars(plot, t.sack, 'sack', 2);
	bars(plot, t.sent, 'fg', 1.2);
	bars(plot, t.again, 'again', 2);
	c.strokeStyle = colour('bad');
	c.lineWidth = 2;
	c.beginPath();
	for (const [at, v] of t.lost) {
		if (!inView(at)) continue;
		const px = plot.px(at), py = plot.py(v);
		c.moveTo(px - 4, py - 4); c.lineTo(px + 4, py + 4); c.moveTo(px + 4, py - 4); c.lineTo(px - 4, py + 4);
	}
	c.stroke();
	c.restore();
}

/* A plot of lines: {name, style, points, dash}. */
function drawLines(plot) {
	let max = 1e-9;
	for (const l of plot.data) for (const p of within(l.points)) max = Math.max(max, p[1]);
	const c = axes(plot, 0, max);
	for (const l of plot.data) stairs(plot, within(l.points), l.style, l.dash);
	c.restore();
}

function figure(title, height, legend, drawIt, content) {
	const f = document.createElement('figure'), caption = document.createElement('figcaption'), b = document.createElement('b');
	const plot = { canvas: document.createElement('canvas'), output: document.createElement('output'), height, draw: drawIt, data: content };
	b.textContent = title;
	caption.append(b);
	for (const [name, style] of legend) {
		const s = document.createElement('span'), i = document.createElement('i');
		i.style.background = `var(--${style})`;
		s.append(i, name);
		caption.append(s);
	}
	caption.append(plot.output);
	plot.canvas.setAttribute('role', 'img');
	plot.canvas.setAttribute('aria-label', title);
	f.append(caption, plot.canvas);
	$('canvases').append(f);
	listen(plot);
	plots.push(plot);
}

const column = (samples, i, scale) => samples.map((s) => [s[0], s[i] / (scale || 1)]);
const INITIAL_SSTHRESH = 0x7fffffff;

function samplePlots(conn, side) {
	const s = data.samples.filter((r) => r[1] === conn && r[2] === side);
	if (!s.length) return;
	const lines = [{ name: 'cwnd', style: 'accent', points: column(s, 3) },
		{ name: 'ssthresh', style: 'bad', dash: [4, 3], points: s.filter((r) => r[4] < INITIAL_SSTHRESH).map((r) => [r[0], r[4]]) },
		{ name: 'in flight', style: 'dim', points: column(s, 7) }];
	figure('Congestion window, segments', 180, lines.map((l) => [l.name, l.style]), drawLines, lines);
	const times = [{ name: 'srtt', style: 'ack', points: column(s, 5, 1e3) }, { name: 'rto', style: 'again', points: column(s, 6, 1e3) }];
	figure('Round-trip time and retransmission timeout, ms', 160, times.map((l) => [l.name, l.style]), drawLines, times);
}

function queuePlots() {
	const styles = ['accent', 'ack', 'again', 'sack', 'bad', 'win'], by = new Map();
	for (const q of data.queues) {
		const key = `${nodeName(q[1])}, side ${q[2]}`;
		if (!by.has(key)) by.set(key, []);
		by.get(key).push([q[0], q[3]]);
	}
	const deepest = (points) => points.reduce((m, p) => Math.max(m, p[1]), 0);
	const lines = [...by].sort((a, b) => deepest(b[1]) - deepest(a[1])).slice(0, styles.length)
		.map(([name, points], i) => ({ name, style: styles[i], points }));
	if (lines.length) figure('Queue, packets', 160, lines.map((l) => [l.name, l.style]), drawLines, lines);
}

function listenerPlots() {
	const by = new Map();
	for (const l of data.listeners) {
		const key = `${nodeName(l[1])}, port ${l[2]}`;
		if (!by.has(key)) by.set(key, []);
		by.get(key).push(l);
	}
	const deepest = (l) => l.reduce((m, p) => Math.max(m, p[3], p[4]), 0);
	for (const [name, l] of [...by].sort((a, b) => deepest(b[1]) - deepest(a[1])).slice(0, 4)) {
		const points = (i) => l.map((p) => [p[0], p[i]]);
		const lines = [{ name: 'SYN queue', style: 's3', points: points(3) }, { name: 'accept queue', style: 'accent', points: points(4) }];
		if (deepest(l) * 4 >= l[l.length - 1][5]) lines.push({ name: 'limit', style: 'bad', dash: [4, 3], points: points(5) });
		figure(`Queues of the listener of ${name}`, 140, lines.map((line) => [line.name, line.style]), drawLines, lines);
	}
}

function makePlots() {
	const [conn, side] = $('direction').value.split('/').map(Number);
	plots.length = 0;
	$('canvases').replaceChildren();
	if (conn) {
		const legend = [['sent', 'fg'], ['again', 'again'], ['lost', 'bad'], ['acknowledged', 'ack'], ['window', 'win'], ['SACK', 'sack']];
		figure('Time and sequence numbers', 320, legend, drawSequence, timeSequence(conn, side));
		samplePlots(conn, side);
	}
	queuePlots();
	listenerPlots();
	drawPlots();
}

const drawPlots = () => plots.forEach((p) => p.draw(p));

function wholeRun() {
	const room = (fold.to[fold.to.length - 1] - fold.to[0]) * 0.01;
	view = [fold.to[0] - room, fold.to[fold.to.length - 1] + room];
	drawPlots();
}

/* Dragging zooms, a click finds the time in the ladder, a double click shows the whole run. */
function listen(plot) {
	let from = null;
	const at = (e) => view[0] + (e.offsetX - MARGIN.left) / (plot.w - MARGIN.left - MARGIN.right) * (view[1] - view[0]);
	plot.canvas.onpointerdown = (e) => { from = e.offsetX; plot.start = at(e); plot.canvas.setPointerCapture(e.pointerId); };
	plot.canvas.onpointermove = (e) => {
		plot.output.textContent = `${seconds(unfolded(at(e)))} s, ${short(Math.max(0, plot.value(e.offsetY)))}`;
		if (from === null || Math.abs(e.offsetX - from) < 5) return;
		plot.draw(plot);
		plot.c.fillStyle = 'rgb(128 128 128 / 25%)';
		plot.c.fillRect(from, 0, e.offsetX - from, plot.h - MARGIN.bottom);
	};
	plot.canvas.onpointerup = (e) => {
		if (from === null) return;
		if (Math.abs(e.offsetX - from) < 5) scrollTo(unfolded(at(e)));
		else view = [plot.start, at(e)].sort((a, b) => a - b);
		from = null;
		drawPlots();
	};
	plot.canvas.onpointerleave = () => { plot.output.textContent = ''; };
	plot.canvas.ondblclick = wholeRun;
}

/* ---- counters ---- */

function drawCounters() {
	const find = $('find').value.toLowerCase();
	$('counts').replaceChildren(...data.counters.filter((c) => c[1].toLowerCase().includes(find)).map((c) => {
		const tr = document.createElement('tr');
		for (const text of [nodeName(c[0]), c[1], c[2], c[3], c[3] >= c[2] ? `+${c[3] - c[2]}` : c[3] - c[2]]) {
			const td = document.createElement('td');
			td.textContent = text;
			tr.append(td);
		}
		return tr;
	}));
}

/* ---- the page ---- */

function plural(n, one, many) {
	return `${n.toLocaleString('en')} ${n === 1 ? one : many}`;
}

function summary() {
	let gone = 0, repeated = 0;
	for (const p of data.packets) { gone += lost(p); repeated += p[P.MARK] === MARK_AGAIN; }
	const end = data.rows.length ? data.rows[data.rows.length - 1][AT] : 0;
	const parts = [`${span(end)} of virtual time`, plural(data.hosts, 'host', 'hosts'), plural(data.conns.length, 'connection', 'connections'),
		plural(data.packets.length, 'packet', 'packets'), `${gone.toLocaleString('en')} lost`, `${repeated.toLocaleString('en')} sent again`];
	if (data.hosts > data.columns.length) parts.push(`the ${data.columns.length} busiest hosts have columns`);
	if (data.full) parts.push('the record was full: the end is missing');
	$('summary').textContent = parts.join(' \u00b7 ');
}

function legend() {
	const used = new Set(data.rows.filter((r) => r[KIND] === ROW.STATE && r[VALUE] > 0).map((r) => r[VALUE]));
	for (const state of [...used].sort((a, b) => a - b)) {
		const s = document.createElement('span'), i = document.createElement('i');
		i.style.background = `var(--s${state})`;
		s.append(i, data.states[state]);
		$('legend').append(s);
	}
}

function hostBoxes() {
	if (data.columns.length < 3) return;
	for (const n of data.columns) {
		const label = document.createElement('label'), box = document.createElement('input');
		box.type = 'checkbox';
		box.checked = true;
		box.onchange = () => { if (box.checked) shown.hosts.add(n); else shown.hosts.delete(n); relay(true); };
		label.append(box, ` ${nodeName(n)}`);
		$('hosts').append(label);
	}
}

const CHOICES = 500; /* connections that are offered at once; the others come in by a click on a packet */

function addChoice(conn) {
	const c = data.conns[conn - 1];
	option($('conn'), conn, `#${conn} ${endpoint(c, 0)} to ${endpoint(c, 1)}`);
}

function choose(conn) {
	if (conn && ![...$('conn').options].some((o) => +o.value === conn)) addChoice(conn);
	$('conn').value = shown.conn = conn;
}

function choices() {
	option($('conn'), 0, 'all');
	data.conns.slice(0, CHOICES).forEach((c, i) => addChoice(i + 1));
	choose(shown.conn);
	$('conn-label').hidden = data.conns.length < 2;
	$('absolute').checked = shown.absolute;
	for (const [key] of directions()) {
		const c = data.conns[(key >> 1) - 1];
		option($('direction'), `${key >> 1}/${key & 1}`, `#${key >> 1} from ${endpoint(c, key & 1)} to ${endpoint(c, 1 - (key & 1))}`);
	}
	if (!$('direction').options.length) option($('direction'), '0/0', 'no data was sent');
}

function wire() {
	$('conn').onchange = (e) => {
		choose(+e.target.value);
		const of = [...$('direction').options].find((o) => o.value.startsWith(`${shown.conn}/`));
		if (of) { $('direction').value = of.value; makePlots(); }
		relay(true);
	};
	$('absolute').onchange = (e) => { shown.absolute = e.target.checked; draw(true); };
	$('problems').onchange = (e) => { shown.problems = e.target.checked; relay(true); };
	$('readiness').onchange = (e) => { shown.ready = e.target.checked; relay(true); };
	$('next').onclick = nextTrouble;
	picture.onclick = pick;
	$('zoom').oninput = (e) => { shown.zoom = +e.target.value; relay(true); };
	$('direction').onchange = makePlots;
	$('fold').onchange = (e) => { learnFolds(e.target.checked); wholeRun(); };
	$('whole').onclick = wholeRun;
	$('find').oninput = drawCounters;
	for (const form of document.forms) form.onsubmit = (e) => e.preventDefault();
	ladder.onscroll = () => draw(false);
	picture.onpointermove = hover;
	picture.onpointerleave = () => { $('tip').hidden = true; };
	const resized = () => { if (ladder.clientWidth !== seen) { placeColumns(); drawHead(); } draw(true); drawPlots(); };
	new ResizeObserver(() => requestAnimationFrame(resized)).observe(ladder);
	matchMedia('(prefers-color-scheme: dark)').onchange = drawPlots;
	onbeforeprint = () => show(0, y[Math.min(rows.length, PRINT_ROWS)] + 24);
	onafterprint = () => draw(true);
}

/* A ladder of a few rows needs no more room than they take; an empty part of the page is not there. */
function trim() {
	if (total + 40 < innerHeight * 0.72) ladder.style.height = `${Math.max(120, total + 40)}px`;
	$('counters').hidden = !data.counters.length;
	$('plots').hidden = !directions().length && !data.queues.length && !data.listeners.length;
}

if (data.columns.length > 4) document.body.style.maxWidth = '1600px';
summary();
legend();
hostBoxes();
choices();
learnFolds(true);
relay(false);
trim();
wire();
if (!$('plots').hidden) { makePlots(); wholeRun(); }
drawCounters();
})();
