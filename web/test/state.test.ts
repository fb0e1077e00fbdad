// The state: what happens to it by each event, and that the old one stays as it was.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseLine } from "../src/irc/line";
import { ISUPPORT } from "../src/irc/caps";
import type { Event } from "../src/state/events";
import { interpret, type Context } from "../src/state/interpret";
import { NOTHING, type Conversation, type Entry, type State } from "../src/state/model";
import { reduce } from "../src/state/reduce";
import { count, insert, merge, withGap } from "../src/state/timeline";

const context: Context = { nick: "me", isupport: { ...ISUPPORT, prefixModes: "qaohv", prefixSigns: "~&@%+", listModes: "beIk", paramModes: "l" }, now: 5000 };
const stamp = (time: number) => new Date(time).toISOString();
const id = (n: number) => `id${String(n).padStart(6, "0")}`;
const entry = (n: number, change: Partial<Entry> = {}): Entry => ({ key: id(n), kind: "message", time: n * 1000, nick: "bob", text: `text ${n}`, id: id(n), ...change });

function after(state: State, ...lines: string[]): State {
	return reduce(state, lines.flatMap((l) => interpret(context, parseLine(l) ?? assert.fail(l))));
}
function chan(state: State, key = "#c"): Conversation {
	return state.conversations.get(key) ?? assert.fail(key);
}
const start = after(reduce(NOTHING, [{ type: "self", nick: "me" }]), `@time=${stamp(1000)} :me!u@h JOIN #c`, ":s 353 me = #c :@me!u@h +bob!u@h ~carol!u@h");
const said = (n: number, text = `text ${n}`, from = "bob") => `@time=${stamp(n * 1000)};msgid=${id(n)} :${from}!u@h PRIVMSG #c :${text}`;
const texts = (c: Conversation) => c.entries.map((e) => (e.kind === "gap" ? "gap" : e.text));

test("a channel has its members with their ranks", () => {
	assert.deepEqual([...chan(start).members.values()].map((m) => m.signs + m.nick), ["@me", "+bob", "~carol"]);
	const s = after(start, ":x MODE #c +o-q+bl bob carol *!*@x 5", ":dave!u@h JOIN #c * :Dave", ":bob!u@h NICK robert", ":carol!u@h QUIT :bye");
	assert.deepEqual([...chan(s).members.values()].map((m) => m.signs + m.nick).sort(), ["@+robert", "@me", "dave"]);
	assert.deepEqual(chan(s).entries.at(-1)?.presence?.map((p) => p.what), ["join", "nick", "quit"]);
	assert.equal(chan(start).members.size, 3, "the old state is as it was");
	assert.equal(chan(start).entries.length, 0);
});

test("a kick of the user ends the membership, and another's is told with who and why", () => {
	const s = after(start, ":bob!u@h KICK #c carol :rude", ":bob!u@h KICK #c me");
	assert.equal(chan(s).joined, false);
	assert.deepEqual(chan(s).entries[0]?.presence?.[0], { what: "kick", nick: "carol", detail: "bob: rude" });
});

test("each message is there once, in the server's order, whichever way it came", () => {
	let s = after(start, said(5), said(3), said(5), said(4));
	s = reduce(s, [{ type: "page", key: "#c", page: [entry(4), entry(2), entry(3), entry(6)], how: { from: "latest" }, full: false }]);
	assert.deepEqual(texts(chan(s)), ["text 2", "text 3", "text 4", "text 5", "text 6"]);
	const same = ["b", "a", "c"].map((x) => entry(1, { id: x, key: x, text: x }));
	assert.deepEqual(merge([], same).map((e) => e.text), ["a", "b", "c"]);
	assert.deepEqual(insert(merge([], same), entry(1, { id: "bb", key: "bb", text: "bb" })).map((e) => e.text), ["a", "b", "bb", "c"]);
});

test("a page that is full leaves a gap, which pages from below and from above close", () => {
	let s = after(start, said(2), said(3));
	s = reduce(s, [{ type: "page", key: "#c", page: [entry(8), entry(9)], how: { from: "latest" }, full: true }]);
	assert.deepEqual(texts(chan(s)), ["text 2", "text 3", "gap", "text 8", "text 9"]);
	const gap = () => chan(s).entries.find((e) => e.kind === "gap")?.key ?? "";
	s = reduce(s, [{ type: "page", key: "#c", page: [entry(7), entry(6)], how: { from: "gap", gap: gap(), upwards: true }, full: true }]);
	assert.deepEqual(texts(chan(s)), ["text 2", "text 3", "gap", "text 6", "text 7", "text 8", "text 9"]);
	s = reduce(s, [{ type: "page", key: "#c", page: [entry(4)], how: { from: "gap", gap: gap(), upwards: false }, full: true }]);
	assert.deepEqual(texts(chan(s)).slice(0, 5), ["text 2", "text 3", "text 4", "gap", "text 6"]);
	s = reduce(s, [{ type: "page", key: "#c", page: [entry(5)], how: { from: "gap", gap: gap(), upwards: true }, full: false }]);
	assert.deepEqual(texts(chan(s)), [2, 3, 4, 5, 6, 7, 8, 9].map((n) => `text ${n}`));
	assert.equal(chan(s).complete, false);
});

test("a jump to a date has gaps on the sides where something is missing", () => {
	let s = after(start, said(50), said(51));
	s = reduce(s, [{ type: "page", key: "#c", page: [entry(10), entry(11)], how: { from: "around" }, full: true }]);
	assert.deepEqual(texts(chan(s)), ["text 10", "text 11", "gap", "text 50", "text 51"]);
	s = reduce(s, [{ type: "page", key: "#c", page: [entry(30), entry(31)], how: { from: "around" }, full: true }]);
	assert.deepEqual(texts(chan(s)), ["text 10", "text 11", "gap", "text 30", "text 31", "gap", "text 50", "text 51"]);
	s = reduce(s, [{ type: "page", key: "#c", page: [entry(11), entry(20), entry(30)], how: { from: "around" }, full: true }]);
	assert.deepEqual(texts(chan(s)), ["text 10", "text 11", "text 20", "text 30", "text 31", "gap", "text 50", "text 51"]);
	assert.deepEqual(withGap(withGap([entry(1), entry(2)], 2000), 2000).map((e) => e.kind), ["message", "gap", "message"]);
});

test("the first page that is not full is the beginning", () => {
	const s = reduce(start, [{ type: "page", key: "#c", page: [entry(1)], how: { from: "latest" }, full: false }]);
	assert.equal(chan(s).complete, true);
});

test("unread and mentions are counted from the marker, which moves on other devices too", () => {
	let s = after(start, said(2), said(3, "me: hi"), said(4, "own", "me"), ":s MARKREAD #c timestamp=1970-01-01T00:00:01.000Z");
	assert.deepEqual([chan(s).unread, chan(s).mentions], [2, 1]);
	s = after(s, `:s MARKREAD #c timestamp=${stamp(2000)}`);
	assert.deepEqual([chan(s).unread, chan(s).mentions], [1, 1]);
	s = after(s, ":s MARKREAD #c timestamp=1970-01-01T00:00:01.000Z");
	assert.equal(chan(s).unread, 1, "it never goes back");
	s = reduce(s, [{ type: "select", key: "#c" }]);
	assert.equal(chan(s).divider, 2000);
	assert.deepEqual(count([entry(1), entry(2, { self: true }), entry(3, { redacted: true })], 0, true), { unread: 1, mentions: 1 });
});

test("what is written is pending until its echo, or until it failed", () => {
	const pend: Event = { type: "pend", key: "#c", pending: { label: "1", time: 1, text: "hello", sent: true } };
	let s = reduce(start, [pend, { ...pend, pending: { ...pend.pending, label: "2" } }]);
	s = after(s, `@label=1;msgid=x;time=${stamp(9000)} :me!u@h PRIVMSG #c :hello`);
	assert.deepEqual([chan(s).pending.map((p) => p.label), texts(chan(s))], [["2"], ["hello"]]);
	s = reduce(s, [{ type: "settle", key: "#c", label: "2", error: "no" }]);
	assert.equal(chan(s).pending[0]?.error, "no");
	assert.equal(chan(reduce(s, [{ type: "settle", key: "#c", label: "2" }])).pending.length, 0);
});

test("another's label means nothing", () => {
	const s = after(reduce(start, [{ type: "pend", key: "#c", pending: { label: "1", time: 1, text: "hello", sent: true } }]), `@label=1;msgid=x :bob!u@h PRIVMSG #c :hello`);
	assert.equal(chan(s).pending.length, 1);
});

test("reactions, redactions, typing, replies", () => {
	let s = after(start, said(2), `@+draft/react=👍;+draft/reply=${id(2)} :bob!u@h TAGMSG #c`, `@+draft/react=👍;+draft/reply=${id(2)} :carol!u@h TAGMSG #c`,
		`@+draft/react=👍;+draft/reply=${id(2)} :BOB!u@h TAGMSG #c`, "@+typing=active :bob!u@h TAGMSG #c");
	assert.deepEqual(chan(s).reactions.get(id(2))?.get("👍"), ["carol", "BOB"]);
	assert.equal(chan(s).typing.get("bob"), 11000);
	s = after(s, `@+draft/unreact=👍;+draft/reply=${id(2)} :carol!u@h TAGMSG #c`, `:bob!u@h REDACT #c ${id(2)} :oops`, said(3));
	assert.deepEqual(chan(s).reactions.get(id(2))?.get("👍"), ["BOB"]);
	assert.equal(chan(s).typing.size, 0, "who has spoken types no more");
	assert.deepEqual([chan(s).entries[0]?.redacted, chan(s).entries[0]?.text], [true, ""]);
	assert.equal(after(s, `@+draft/reply=${id(3)};msgid=z :bob!u@h PRIVMSG #c :yes`).conversations.get("#c")?.entries.at(-1)?.reply, id(3));
});

test("private messages lie with the other side, services and servers with the server", () => {
	const s = after(start, "@msgid=a :Bob!u@h PRIVMSG me :hi", "@msgid=b :me!u@h PRIVMSG bob :hello", ":NickServ!NickServ@s NOTICE me :no", ":irc.example NOTICE * :welcome", ":bob!u@h PRIVMSG @#c :ops");
	assert.deepEqual(texts(chan(s, "bob")), ["hi", "hello"]);
	assert.equal(chan(s, "bob").mentions, 0, "who answered has read");
	assert.deepEqual(texts(chan(s, "*")), ["no", "welcome"]);
	assert.equal(chan(s).entries.at(-1)?.status, "@");
});

test("a netsplit of thousands is one step, and leaves the old state alone", () => {
	const names = Array.from({ length: 5000 }, (_, i) => `user${i}`);
	const full = reduce(start, [{ type: "names", key: "#c", members: names.map((nick) => ({ nick, signs: "" })), first: true }]);
	const begun = performance.now();
	const s = reduce(full, names.map((nick): Event => ({ type: "quit", nick, reason: "split", time: 1 })));
	assert.equal(chan(s).members.size, 0);
	assert.equal(chan(full).members.size, 5000);
	assert.ok(performance.now() - begun < 2000);
});

test("what a server makes up does no harm", () => {
	const lines = [":s 353 me", ":s MODE #c", ":s KICK", ":s 005", ":s MARKREAD", "@+draft/react=x TAGMSG", ":a NICK", ":s 332 me", ":s RENAME", ":s METADATA", ":s 761 me x",
		":s JOIN", "REDACT #c", ":s AWAY", ":s ACCOUNT", ":x!u@h PRIVMSG", ":x!u@h PRIVMSG #c", ":__proto__!u@h PRIVMSG me :x", ":s MODE #c +oooooo", "FAIL", "ERROR"];
	assert.ok(after(start, ...lines).conversations.has("#c"));
});
