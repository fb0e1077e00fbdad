// Lines, texts, batches, SCRAM.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Backoff } from "../src/irc/backoff";
import { chunks } from "../src/irc/base64";
import { Batches, isBatch, messagesOf, type Item } from "../src/irc/batch";
import { ISUPPORT, capValue, parseCaps, withIsupport } from "../src/irc/caps";
import { bytes, compose, cut, lineBytes, textOf } from "../src/irc/compose";
import { formatLine, nickOf, parseLine, timeOf } from "../src/irc/line";
import { Scram } from "../src/irc/scram";

const line = (text: string) => parseLine(text) ?? assert.fail(text);

test("a line is taken apart into tags, source, command and parameters", () => {
	const m = line("@a=1;b=x\\:y\\s\\\\z\\;c;+d= :n!u@h privmsg  #c   :a : b");
	assert.deepEqual({ ...m.tags }, { a: "1", b: "x;y \\z", c: "", "+d": "" });
	assert.deepEqual([m.source, m.command, m.params], ["n!u@h", "PRIVMSG", ["#c", "a : b"]]);
	assert.deepEqual(line("PING :").params, [""]);
	assert.deepEqual(line("PING\r\n").params, []);
	assert.equal(parseLine(""), null);
	assert.equal(parseLine(":only.source"), null);
});

test("no tag of a stranger reaches a prototype", () => {
	const m = line("@__proto__=x;constructor=y :n PRIVMSG a b");
	assert.equal(Object.getPrototypeOf(m.tags), null);
	assert.equal(({} as Record<string, unknown>)["x"], undefined);
	assert.equal(m.tags["toString"], undefined);
});

test("a line that was put together reads as what was given, whatever is in it", () => {
	for (const text of ["", ":x", "a b", "ä", "x;y", " lead"]) {
		const m = line(formatLine("PRIVMSG", ["#c", text], { t: text }));
		assert.deepEqual([m.params[1], m.tags["t"]], [text, text]);
	}
});

test("a text can never become a second command", () => {
	assert.equal(formatLine("PRIVMSG", ["#c", "a\r\nQUIT :x\0y"]), "PRIVMSG #c :a QUIT :x y");
	assert.equal(formatLine("JOIN", ["#a b", "key"]), "JOIN #ab key");
	assert.equal(formatLine("JOIN", ["", "k"]), "JOIN * k");
	assert.ok(!formatLine("TAGMSG", ["#c"], { "+x": "a;b c\r\n" }).includes("\n"));
});

test("times and nicks are read, and wrong times are now", () => {
	assert.equal(timeOf(line("@time=2026-01-02T03:04:05.678Z X"), 1), Date.UTC(2026, 0, 2, 3, 4, 5, 678));
	assert.equal(timeOf(line("@time=nonsense X"), 7), 7);
	assert.equal(nickOf("a!b@c"), "a");
	assert.equal(nickOf("irc.example.org"), "irc.example.org");
});

test("a long line is cut at spaces and within no character", () => {
	const words = "wort ".repeat(60).trim();
	const pieces = cut(words, 50);
	assert.equal(pieces.join(""), words);
	assert.ok(pieces.every((p) => bytes(p) <= 50) && pieces.slice(0, -1).every((p) => p.endsWith(" ")));
	const wide = "😀".repeat(30);
	assert.equal(cut(wide, 50).join(""), wide);
	assert.ok(cut(wide, 50).every((p) => bytes(p) <= 50 && !p.includes("\ufffd")));
});

test("a text of several lines is one message where the server knows multiline, within its limits", () => {
	const limits = { lineBytes: 50, multiline: { bytes: 200, lines: 4 } };
	assert.deepEqual(compose("one\n\ntwo\n", limits), [[{ text: "one", concat: false }, { text: "", concat: false }, { text: "two", concat: false }]]);
	assert.equal(compose("a\nb\nc\nd\ne", limits).length, 2);
	const long = "x".repeat(120);
	const [unit] = compose(long, limits);
	assert.equal(textOf(unit ?? []), long);
	assert.deepEqual(unit?.map((l) => l.concat), [false, true, true]);
	for (const u of compose("y".repeat(1000), limits)) assert.ok(u.reduce((n, l) => n + bytes(l.text) + 1, 0) <= 200 && u[0]?.concat === false);
	assert.deepEqual(compose(" \n ", limits), []);
	assert.deepEqual(compose("a\n\nb", { lineBytes: 50, multiline: null }).map(textOf), ["a", "b"]);
});

test("a text of the greatest length fits into a relayed line", () => {
	const target = "#" + "c".repeat(62);
	const nick = "n".repeat(32);
	const text = "x".repeat(lineBytes(nick, "PRIVMSG", target));
	assert.ok(`:${nick}!${"u".repeat(12)}@${"h".repeat(64)} PRIVMSG ${target} :${text}\r\n`.length <= 512);
});

test("batches are handed on whole, nested ones within their parents", () => {
	const batches = new Batches();
	const out: Item[] = [];
	for (const l of ["@label=7 :s BATCH +1 chathistory #c", "@batch=1;msgid=a :x PRIVMSG #c :first", "@batch=1;msgid=b;time=2026-01-01T00:00:00.000Z :y!u@h BATCH +2 draft/multiline #c",
		"@batch=2 :y PRIVMSG #c :one", ":z PRIVMSG #c :between", "@batch=2;draft/multiline-concat :y PRIVMSG #c : more", "@batch=2 :y PRIVMSG #c :two", ":s BATCH -2", ":s BATCH -1", ":s BATCH -9"]) {
		const item = batches.take(line(l));
		if (item) out.push(item);
	}
	assert.equal(out.length, 2);
	assert.ok(out[0] && !isBatch(out[0]) && out[0].params[1] === "between");
	const page = out[1] && isBatch(out[1]) ? messagesOf(out[1]) : [];
	assert.deepEqual(page.map((m) => [m.tags["msgid"], nickOf(m.source), m.params[1]]), [["a", "x", "first"], ["b", "y", "one more\ntwo"]]);
});

test("capabilities and ISUPPORT are read", () => {
	const caps = parseCaps("sasl=PLAIN,SCRAM-SHA-256 draft/multiline=max-bytes=4096,max-lines=32 batch");
	assert.equal(capValue(caps.get("draft/multiline"), "max-lines"), "32");
	assert.equal(capValue(caps.get("sasl"), "PLAIN"), "");
	assert.equal(capValue(caps.get("batch"), "x"), undefined);
	const is = withIsupport(ISUPPORT, ["me", "PREFIX=(qaohv)~&@%+", "CHANMODES=beI,k,l,imnst", "CHATHISTORY=200", "NETWORK=Here", "are supported"]);
	assert.deepEqual([is.prefixSigns, is.listModes, is.paramModes, is.historyPage, is.network], ["~&@%+", "beIk", "l", 200, "Here"]);
});

test("pauses between attempts double up to a minute, and begin anew after success", () => {
	const b = new Backoff(() => 1);
	const pauses = Array.from({ length: 9 }, () => b.next());
	assert.deepEqual(pauses, [1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000]);
	b.reset();
	assert.equal(b.next(), 1000);
	assert.equal(new Backoff(() => 0).next(), 500);
});

test("a log-in of exactly 400 characters ends with an empty piece", () => {
	assert.deepEqual(chunks(new Uint8Array(300)).map((c) => c.length), [400, 1]);
	assert.deepEqual(chunks(new Uint8Array(0)), ["+"]);
	assert.equal(chunks(new Uint8Array(301)).length, 2);
});

test("SCRAM-SHA-256 gives the proof of RFC 7677's example, and believes no other server", async () => {
	const text = (b: Uint8Array) => new TextDecoder().decode(b);
	const data = (s: string) => new TextEncoder().encode(s);
	const server = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
	const scram = new Scram("user", "pencil", "rOprNGfwEbeRWgbNEkqO");
	assert.equal(text(scram.start()), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
	assert.equal(text(await scram.answer(data(server))),
		"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
	assert.equal((await scram.answer(data("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="))).length, 0);
	const cheated = new Scram("user", "pencil", "rOprNGfwEbeRWgbNEkqO");
	await cheated.answer(data(server));
	await assert.rejects(cheated.answer(data("v=AAAA")));
	await assert.rejects(new Scram("u", "p", "abc").answer(data("r=other,s=W22Z,i=4096")));
	await assert.rejects(new Scram("u", "p", "abc").answer(data("r=abcd,s=W22Z,i=1")));
});
