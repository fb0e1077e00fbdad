// What can be typed after a slash. A row is a command; /help shows the table.
import type { App } from "./app";
import type { Key } from "./lang";
import { answerText, isChannel } from "./state/interpret";
import type { Conversation } from "./state/model";

export interface Screen {
	help(): void;
	search(text: string): void;
	join(): void;
}

export interface Command {
	name: string;
	usage: string;
	help: Key;
	least: number; // words that must follow
	run(app: App, c: Conversation, rest: string, screen: Screen): void;
}

const words = (rest: string) => rest.split(/ +/).filter(Boolean);

// Sends a command and shows the answer where the person is.
async function show(app: App, c: Conversation, command: string, ...params: string[]): Promise<void> {
	const items = await app.session.ask(command, ...params);
	for (const text of answerText(items ?? [])) app.note(c.key, text, "said");
}

// The channel that is named first, or the one that is open.
function channel(app: App, c: Conversation, rest: string): [string, string] {
	const [first = ""] = words(rest);
	return isChannel(app.context(), first) ? [first, rest.slice(first.length).trim()] : [c.name, rest];
}

export const COMMANDS: Command[] = [
	{ name: "join", usage: "#channel [password]", help: "cmdJoin", least: 0, run: (app, _, rest, screen) => {
		const [name, password] = words(rest);
		if (name) app.join(name, password);
		else screen.join();
	} },
	{ name: "part", usage: "", help: "cmdPart", least: 0, run: (app, c) => app.close(c.key) },
	{ name: "msg", usage: "name [text]", help: "cmdMsg", least: 1, run: (app, _, rest) => {
		const [nick = ""] = words(rest);
		app.talk(nick);
		const text = rest.trim().slice(nick.length).trim();
		if (text) app.say(nick.toLowerCase(), text);
	} },
	{ name: "me", usage: "text", help: "cmdMe", least: 1, run: (app, c, rest) => app.say(c.key, rest, { action: true }) },
	{ name: "nick", usage: "name", help: "cmdNick", least: 1, run: (app, _, rest) => app.session.send("NICK", words(rest)[0] ?? "") },
	{ name: "topic", usage: "text", help: "cmdTopic", least: 0, run: (app, c, rest) => app.session.send("TOPIC", c.name, rest) },
	{ name: "away", usage: "[text]", help: "cmdAway", least: 0, run: (app, _, rest) => app.session.send("AWAY", ...(rest ? [rest] : [])) },
	{ name: "whois", usage: "name", help: "cmdWhois", least: 1, run: (app, c, rest) => void show(app, c, "WHOIS", words(rest)[0] ?? "") },
	{ name: "invite", usage: "name", help: "cmdInvite", least: 1, run: (app, c, rest) => void show(app, c, "INVITE", words(rest)[0] ?? "", c.name) },
	{ name: "kick", usage: "name [reason]", help: "cmdKick", least: 1, run: (app, c, rest) => {
		const [name, after] = channel(app, c, rest);
		const [nick = "", ...reason] = words(after);
		app.session.send("KICK", name, nick, ...(reason.length ? [reason.join(" ")] : []));
	} },
	{ name: "mode", usage: "[#channel] [+-modes]", help: "cmdMode", least: 0, run: (app, c, rest) => {
		const [name, after] = channel(app, c, rest);
		void show(app, c, "MODE", name, ...words(after));
	} },
	{ name: "op", usage: "name", help: "cmdOp", least: 1, run: (app, c, rest) => app.session.send("MODE", c.name, "+o", words(rest)[0] ?? "") },
	{ name: "list", usage: "", help: "cmdList", least: 0, run: (_app, _c, _rest, screen) => screen.join() },
	{ name: "search", usage: "text", help: "cmdSearch", least: 0, run: (_app, _c, rest, screen) => screen.search(rest) },
	{ name: "raw", usage: "COMMAND …", help: "cmdRaw", least: 1, run: (app, c, rest) => {
		const [command = "", ...params] = words(rest.replace(/ :.*$/s, ""));
		const trailing = / :(.*)$/s.exec(rest);
		void show(app, c, command.toUpperCase(), ...params, ...(trailing ? [trailing[1] ?? ""] : []));
	} },
	{ name: "quit", usage: "", help: "cmdQuit", least: 0, run: (app) => app.leave() },
	{ name: "help", usage: "", help: "cmdHelp", least: 0, run: (_app, _c, _rest, screen) => screen.help() },
];

// The commands that this server can do.
export function commands(app: App): Command[] {
	return COMMANDS.filter((c) => c.name !== "search" || app.canSearch());
}

export type Outcome = { done: true } | { done: false; why: "unknownCommand" | "needText"; values: Record<string, string> };

// Does what was typed: says it, or runs it if it begins with one slash ("//" says a slash).
export function enter(app: App, c: Conversation, text: string, reply: string | undefined, screen: Screen): Outcome {
	const slash = /^\/(\w+)(?: +(.*))?$/s.exec(text);
	if (!slash) {
		app.say(c.key, text.startsWith("//") ? text.slice(1) : text, reply ? { reply } : {});
		return { done: true };
	}
	const [, name = "", rest = ""] = slash;
	const command = commands(app).find((x) => x.name === name.toLowerCase());
	if (!command) return { done: false, why: "unknownCommand", values: { name: `/${name}` } };
	if (words(rest).length < command.least) return { done: false, why: "needText", values: { usage: `/${command.name} ${command.usage}` } };
	command.run(app, c, rest, screen);
	return { done: true };
}
