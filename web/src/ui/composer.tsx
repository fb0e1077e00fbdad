// Where messages are written. What was begun in a conversation stays with it.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { App } from "../app";
import { commands, enter, type Screen } from "../commands";
import { fold } from "../irc/line";
import { t } from "../lang";
import { isText, type Conversation, type Entry, type State } from "../state/model";
import { complete, type Completion } from "../text/complete";
import { plain } from "../text/format";
import { canUpload, upload } from "../upload";
import { Icon } from "./icon";

const drafts = new Map<string, string>();

function sources(app: App, state: State, c: Conversation) {
	const spoke: string[] = [];
	for (let i = c.entries.length - 1; i >= 0 && i > c.entries.length - 300; i--) {
		const e = c.entries[i];
		if (e && isText(e) && !e.self && !spoke.includes(e.nick)) spoke.push(e.nick);
	}
	const here = spoke.filter((n) => c.kind !== "channel" || c.members.has(fold(n)));
	const others = [...c.members.values()].map((m) => m.nick).filter((n) => !here.includes(n) && n !== state.nick).sort();
	return { nicks: [...here, ...others], channels: [...state.conversations.values()].filter((x) => x.kind === "channel").map((x) => x.name),
		commands: commands(app).map((x) => x.name) };
}

function typists(c: Conversation, now: number): string {
	const who = [...c.typing].filter(([, until]) => until > now).map(([nick]) => nick);
	const [a = "", b = ""] = who;
	return who.length === 0 ? "" : who.length === 1 ? t("typing1", { a }) : who.length === 2 ? t("typing2", { a, b }) : t("typingMany");
}

// Who is typing; looks again each second, since typing ends without a word.
function Typing({ c }: { c: Conversation }) {
	const [, tick] = useState(0);
	useEffect(() => {
		if (!c.typing.size) return undefined;
		const timer = setInterval(() => tick((n) => n + 1), 1000);
		return () => clearInterval(timer);
	}, [c.typing]);
	return <div class="typing" aria-live="polite">{typists(c, Date.now())}</div>;
}

interface Props {
	app: App;
	state: State;
	c: Conversation;
	reply: Entry | null;
	onReply: (entry: Entry | null) => void;
	onSent: () => void;
	onUp: () => void; // out of the empty field, to the messages
	screen: Screen;
}

export function Composer({ app, state, c, reply, onReply, onSent, onUp, screen }: Props) {
	const field = useRef<HTMLTextAreaElement>(null);
	const [text, setText] = useState(drafts.get(c.key) ?? "");
	const [problem, setProblem] = useState("");
	const cycle = useRef<(Completion & { next: number }) | null>(null);
	useLayoutEffect(() => {
		const f = field.current;
		if (!f || CSS.supports("field-sizing", "content")) return; // else the height is counted here
		f.style.height = "auto";
		f.style.height = `${f.scrollHeight}px`;
	}, [text]);
	useEffect(() => {
		if (reply || !matchMedia("(pointer: coarse)").matches) field.current?.focus();
	}, [reply]);

	const change = (value: string) => {
		setText(value);
		setProblem("");
		drafts.set(c.key, value);
	};
	const attach = async (files: Iterable<File>) => {
		for (const file of files) {
			setProblem(t("uploading", { name: file.name }));
			const got = await upload(app, file);
			if ("problem" in got) return setProblem(t("notUploaded", { name: file.name, reason: got.problem }));
			change(`${drafts.get(c.key)?.trimEnd() ?? ""} ${got.address} `.trimStart());
		}
		field.current?.focus();
	};
	const drop = (e: DragEvent | ClipboardEvent, data: DataTransfer | null) => {
		if (!data?.files.length || !canUpload(app)) return;
		e.preventDefault();
		void attach(data.files);
	};
	const send = () => {
		const text = field.current?.value ?? ""; // what was typed just now may not have been drawn yet
		if (!text.trim()) return;
		const outcome = enter(app, c, text, reply?.id, screen);
		if (!outcome.done) return setProblem(t(outcome.why, outcome.values));
		change("");
		onReply(null);
		onSent();
		field.current?.focus();
	};
	const completeWord = (f: HTMLTextAreaElement): boolean => {
		const text = f.value;
		const going = cycle.current;
		const found = going ?? complete(text, f.selectionStart, sources(app, state, c));
		if (!found) return false;
		const next = going ? going.next % found.options.length : 0;
		const word = found.options[next] ?? "";
		const value = text.slice(0, found.start) + word + text.slice(f.selectionStart);
		cycle.current = { ...found, next: next + 1 };
		change(value);
		requestAnimationFrame(() => f.setSelectionRange(found.start + word.length, found.start + word.length));
		return true;
	};
	const onKey = (e: KeyboardEvent) => {
		const f = e.currentTarget as HTMLTextAreaElement;
		if (e.key === "Tab" && !e.shiftKey && !e.ctrlKey && f.value && completeWord(f)) return e.preventDefault();
		if (e.key !== "Shift" && e.key !== "Tab") cycle.current = null;
		if (e.isComposing) return;
		if (e.key === "Enter" && !e.shiftKey) {
			e.preventDefault();
			send();
		} else if (e.key === "ArrowUp" && !f.value) {
			e.preventDefault();
			onUp();
		} else if (e.key === "Escape" && reply) {
			onReply(null);
		}
	};
	return <div class="composer" onDragOver={(e) => canUpload(app) && e.preventDefault()} onDrop={(e) => drop(e, e.dataTransfer)}>
		<Typing c={c} />
		{reply && <div class="replying"><span>{t("replyTo", { nick: reply.nick })}: <span class="dim">{plain(reply.text).slice(0, 120)}</span></span>
			<button class="icon" aria-label={t("cancel")} onClick={() => onReply(null)}><Icon name="close" /></button></div>}
		{problem && <div class="problem" role="alert">{problem}</div>}
		<form onSubmit={(e) => { e.preventDefault(); send(); }}>
			{canUpload(app) && <label class="icon attach" title={t("attach")}><Icon name="attach" /><input type="file" class="hidden" multiple aria-label={t("attach")} onChange={(e) => {
				void attach([...(e.currentTarget.files ?? [])]);
				e.currentTarget.value = "";
			}} /></label>}
			<textarea ref={field} rows={1} value={text} placeholder={t("write", { name: c.name })} aria-label={t("write", { name: c.name })} enterkeyhint="send"
				autocomplete="off" onKeyDown={onKey} onPaste={(e) => drop(e, e.clipboardData)} onInput={(e) => {
					change(e.currentTarget.value);
					if (!e.currentTarget.value.startsWith("/")) app.typing(c.key, !e.currentTarget.value);
				}} />
			<button class="primary send" aria-label={t("send")} title={t("send")} disabled={!text.trim()}><Icon name="send" /></button>
		</form>
	</div>;
}
