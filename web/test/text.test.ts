// Formatting codes, links, mentions, completion, pushed lines.
import assert from "node:assert/strict";
import { test } from "node:test";
import { complete } from "../src/text/complete";
import { hex, plain, spans } from "../src/text/format";
import { isPicture, mentions, pieces, safeHref } from "../src/text/links";
import { noteOf, readOf } from "../src/text/push";

test("formatting codes become spans", () => {
	assert.deepEqual(spans("a\x02b\x1dc\x02d\x0fe"), [
		{ text: "a", style: {} }, { text: "b", style: { bold: true } }, { text: "c", style: { bold: true, italic: true } },
		{ text: "d", style: { bold: false, italic: true } }, { text: "e", style: {} }]);
	assert.deepEqual(spans("\x034,8x\x03y"), [{ text: "x", style: { fg: "4", bg: "8" } }, { text: "y", style: {} }]);
	assert.deepEqual(spans("\x0304x")[0]?.style, { fg: "4" });
	assert.deepEqual(spans("\x031,x")[0], { text: ",x", style: { fg: "1" } });
	assert.deepEqual(spans("\x04FF0000x")[0]?.style, { fg: "#ff0000" });
	assert.deepEqual(spans("\x16x")[0]?.style, { fg: "reverse", bg: "reverse" });
	assert.deepEqual(spans("\x0399,99x")[0]?.style, {});
});

test("of control characters and those that turn the direction nothing is left", () => {
	assert.equal(plain("a\x00\x07\x1b[31m\u202eb\u2066c\x03 d\x0312"), "a[31mbc d");
	assert.equal(plain("one\n\ttwo"), "one\n\ttwo");
});

test("colours are those of the table", () => {
	assert.deepEqual(["0", "4", "16", "52", "87", "88", "98"].map(hex), ["#ffffff", "#ff0000", "#470000", "#ff0000", "#ff94d3", "#000000", "#ffffff"]);
	assert.equal(hex("99"), undefined);
});

test("only http and https become links", () => {
	const href = (t: string) => pieces(t).filter((p) => p.kind === "link").map((p) => p.href);
	assert.deepEqual(href("see https://example.org/a?b=c#d, or (http://example.org/x_(y))."), ["https://example.org/a?b=c#d", "http://example.org/x_(y)"]);
	assert.deepEqual(href("javascript:alert(1) data:text/html,x ftp://a file:///etc/passwd"), []);
	assert.deepEqual(href('https://example.org/"onmouseover="x'), ["https://example.org/"]);
	assert.equal(safeHref("javascript:alert(1)"), undefined);
	assert.equal(safeHref("https://"), undefined);
	for (const t of ["no link", "x https://a.b y", "https://a.b.", "#a #b", "a#b"]) assert.equal(pieces(t).map((p) => p.text).join(""), t);
});

test("channels are found as words of their own", () => {
	const names = (t: string) => pieces(t).filter((p) => p.kind === "channel").map((p) => p.text);
	assert.deepEqual(names("#a, and (#b-c) but not x#y or https://a.b/#d"), ["#a", "#b-c"]);
});

test("pictures are told by their name", () => {
	assert.ok(isPicture("https://a.b/c.PNG?x=1"));
	assert.ok(!isPicture("https://a.b/c.html?d.png"));
});

test("a name is mentioned as a word of its own only", () => {
	for (const t of ["alice: hi", "hi Alice!", "(alice)", "alice"]) assert.ok(mentions(t, "alice"), t);
	for (const t of ["malice", "alice2", "alice_", "", "älice-x"]) assert.ok(!mentions(t, "alice"), t);
});

test("names, channels and commands are completed", () => {
	const s = { nicks: ["bob", "Bea", "carol"], channels: ["#burble"], commands: ["join", "help"] };
	assert.deepEqual(complete("b", 1, s), { start: 0, options: ["bob: ", "Bea: "] });
	assert.deepEqual(complete("hi be", 5, s), { start: 3, options: ["Bea "] });
	assert.deepEqual(complete("see #bu", 7, s)?.options, ["#burble "]);
	assert.deepEqual(complete("/j", 2, s)?.options, ["/join "]);
	assert.deepEqual(complete("@ca", 3, s)?.options, ["@carol "]);
	assert.equal(complete("zzz", 3, s), null);
	assert.equal(complete("", 0, s), null);
});

test("a pushed line is a notification of its conversation, in plain text", () => {
	assert.deepEqual(noteOf("@time=2026-01-02T03:04:05.678Z;msgid=x :ann!u@h PRIVMSG #c :\x02so\x02, bob \x0304red"),
		{ title: "ann · #c", body: "so, bob red", tag: "#c", hash: "#c", time: Date.parse("2026-01-02T03:04:05.678Z") });
	assert.deepEqual(noteOf(":ann!u@h PRIVMSG bob :\x01ACTION waves\x01"), { title: "ann", body: "ann waves", tag: "ann", hash: "", time: 0 });
	assert.equal(noteOf(":ann!u@h PRIVMSG bob :" + "x".repeat(999))?.body.length, 200);
	for (const other of ["", "PRIVMSG bob :x", ":ann!u@h NOTICE bob :x", ":irc.example FAIL X"]) assert.equal(noteOf(other), null);
});

test("what was read elsewhere is a conversation and a time", () => {
	assert.deepEqual(readOf(":irc.example MARKREAD #T timestamp=2026-01-02T03:04:05.678Z"), { tag: "#t", time: Date.parse("2026-01-02T03:04:05.678Z") });
	for (const other of ["", "MARKREAD #t", "MARKREAD #t *", "MARKREAD #t timestamp=x", ":ann!u@h PRIVMSG bob :timestamp=2026-01-02T03:04:05.678Z"]) assert.equal(readOf(other), null);
});
