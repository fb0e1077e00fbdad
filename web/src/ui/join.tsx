// Joining a channel: by name, or out of those that are open.
import { useEffect, useState } from "preact/hooks";
import type { App } from "../app";
import { messagesOf } from "../irc/batch";
import { t } from "../lang";
import { plain } from "../text/format";
import { Dialog } from "./dialog";

const SHOWN = 200;

interface Open {
	name: string;
	people: number;
	topic: string;
}

export function Join({ app, onClose }: { app: App; onClose: () => void }) {
	const [name, setName] = useState("");
	const [password, setPassword] = useState("");
	const [open, setOpen] = useState<Open[]>([]);
	useEffect(() => {
		void app.session.ask("LIST").then((items) => {
			const rows = (items ?? []).flatMap(messagesOf).filter((m) => m.command === "322");
			setOpen(rows.map((m) => ({ name: m.params[1] ?? "", people: Number(m.params[2]), topic: plain(m.params[3] ?? "") })).sort((a, b) => b.people - a.people));
		});
	}, []);
	const join = (channel: string) => {
		if (!channel.trim()) return;
		app.join(channel.trim(), password);
		onClose();
	};
	const shown = open.filter((c) => c.name.toLowerCase().includes(name.toLowerCase().replace(/^#/, ""))).slice(0, SHOWN);
	return <Dialog title={t("addChannel")} onClose={onClose}>
		<form class="stack" onSubmit={(e) => { e.preventDefault(); join(name); }}>
			<label>{t("channelName")}<input value={name} placeholder="#" onInput={(e) => setName(e.currentTarget.value)} autofocus autocapitalize="off" spellcheck={false} /></label>
			<label>{t("channelPassword")}<input value={password} onInput={(e) => setPassword(e.currentTarget.value)} autocomplete="off" /></label>
			<button class="primary" disabled={!name.trim()}>{t("join")}</button>
		</form>
		{shown.length > 0 && <><h3>{t("openChannels")}</h3><ul class="rows">{shown.map((c) =>
			<li key={c.name}><button onClick={() => join(c.name)}><b>{c.name}</b> <span class="dim">{t("people", { n: c.people })} {c.topic}</span></button></li>)}</ul></>}
	</Dialog>;
}
