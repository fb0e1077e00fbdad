// Settings: how the page looks, what it may do, and the account.
import { useEffect, useState } from "preact/hooks";
import type { Account, AppPassword, Device } from "../account";
import type { App } from "../app";
import { fold } from "../irc/line";
import { LANGUAGES, t } from "../lang";
import { tellPush } from "../push";
import type { State } from "../state/model";
import type { Settings } from "../storage";
import { Dialog } from "./dialog";

interface Props {
	app: App;
	account: Account;
	state: State;
	settings: Settings;
	onSettings: (change: Partial<Settings>) => void;
	onClose: () => void;
}

function Appearance({ app, settings, onSettings }: Pick<Props, "app" | "settings" | "onSettings">) {
	const [denied, setDenied] = useState(false);
	const notify = async (on: boolean) => {
		const allowed = !on || (typeof Notification !== "undefined" && (await Notification.requestPermission()) === "granted");
		setDenied(!allowed);
		onSettings({ notify: on && allowed });
		void tellPush(app, on && allowed);
	};
	return <section><h3>{t("appearance")}</h3>
		<label>{t("theme")}<select value={settings.theme} onChange={(e) => onSettings({ theme: e.currentTarget.value as Settings["theme"] })}>
			<option value="auto">{t("themeAuto")}</option><option value="light">{t("themeLight")}</option><option value="dark">{t("themeDark")}</option></select></label>
		<label>{t("language")}<select value={settings.language} onChange={(e) => onSettings({ language: e.currentTarget.value })}>
			<option value="">{t("languageAuto")}</option>{Object.entries(LANGUAGES).map(([tag, name]) => <option key={tag} value={tag}>{name}</option>)}</select></label>
		{typeof Notification !== "undefined" && <label class="check"><input type="checkbox" checked={settings.notify} onChange={(e) => void notify(e.currentTarget.checked)} />{t("notify")}</label>}
		{denied && <p class="problem" role="alert">{t("notifyDenied")}</p>}
		<label class="check"><input type="checkbox" checked={settings.pictures} onChange={(e) => onSettings({ pictures: e.currentTarget.checked })} />{t("pictures")}</label>
	</section>;
}

function Profile({ app, state }: Pick<Props, "app" | "state">) {
	const person = state.people.get(fold(state.nick));
	const [name, setName] = useState(person?.name ?? "");
	const [avatar, setAvatar] = useState(person?.avatar ?? "");
	const set = (key: string, value: string) => app.session.send("METADATA", "*", "SET", key, ...(value ? [value] : []));
	if (!app.session.has("draft/metadata-3")) return null;
	return <section><h3>{t("profile")}</h3>
		<form class="stack" onSubmit={(e) => { e.preventDefault(); set("display-name", name.trim()); set("avatar", avatar.trim()); }}>
			<label>{t("displayName")}<input value={name} maxLength={60} onInput={(e) => setName(e.currentTarget.value)} /></label>
			<label>{t("avatar")}<input value={avatar} type="url" pattern="https://.*" maxLength={250} onInput={(e) => setAvatar(e.currentTarget.value)} /></label>
			<button>{t("save")}</button>
		</form></section>;
}

export function Code({ account, onDone }: { account: Account; onDone: () => void }) {
	const [code, setCode] = useState("");
	const [problem, setProblem] = useState("");
	const confirm = async (e: Event) => {
		e.preventDefault();
		const outcome = await account.verify(code.trim());
		if ("ok" in outcome && outcome.ok) onDone();
		else setProblem("text" in outcome ? outcome.text : "");
	};
	return <form class="stack" onSubmit={(e) => void confirm(e)}>
		<p>{t("codeSent")}</p>
		<label>{t("code")}<input value={code} autocomplete="one-time-code" required onInput={(e) => setCode(e.currentTarget.value)} /></label>
		{problem && <p class="problem" role="alert">{problem}</p>}
		<button class="primary">{t("confirm")}</button>
	</form>;
}

function Guest({ account, app }: Pick<Props, "account" | "app">) {
	const [password, setPassword] = useState("");
	const [mail, setMail] = useState("");
	const [problem, setProblem] = useState("");
	if (!app.session.has("draft/account-registration")) return null;
	if (account.pendingCode) return <Code account={account} onDone={() => setProblem("")} />;
	const register = async (e: Event) => {
		e.preventDefault();
		const outcome = await account.register(password, mail.trim(), true);
		setProblem("ok" in outcome && !outcome.ok ? outcome.text : "");
	};
	return <form class="stack" onSubmit={(e) => void register(e)}>
		<p>{t("guest")}</p>
		<label>{t("newPassword")}<input type="password" value={password} required autocomplete="new-password" onInput={(e) => setPassword(e.currentTarget.value)} /></label>
		<label>{t(account.mailRequired() ? "mail" : "mailOptional")}<input type="email" value={mail} required={account.mailRequired()} onInput={(e) => setMail(e.currentTarget.value)} /></label>
		{problem && <p class="problem" role="alert">{problem}</p>}
		<button class="primary">{t("newAccount")}</button>
	</form>;
}

function Devices({ account }: Pick<Props, "account">) {
	const [devices, setDevices] = useState<Device[]>([]);
	const load = () => void account.devices().then(setDevices);
	useEffect(load, []);
	const end = (what: string) => void account.service("SESSIONS", "END", what).then(load);
	return <section><h3>{t("devices")}</h3><p class="dim">{t("devicesHint")}</p>
		<ul class="rows">{devices.map((d) => <li key={d.number}><span>{d.text} {d.own && <b>({t("thisDevice")})</b>}</span>
			{!d.own && <button onClick={() => end(d.number)}>{t("endSession")}</button>}</li>)}</ul>
		{devices.length > 1 && <button onClick={() => end("OTHERS")}>{t("endOthers")}</button>}
	</section>;
}

function NewPassword({ account }: Pick<Props, "account">) {
	const [next, setNext] = useState("");
	const [answer, setAnswer] = useState("");
	const change = async (e: Event) => {
		e.preventDefault();
		const { text } = await account.service("SET", "PASSWORD", next);
		setNext("");
		setAnswer(text.join(" "));
	};
	return <form class="stack" onSubmit={(e) => void change(e)}>
		<label>{t("newPassword")}<input name="next" type="password" value={next} required pattern="\S+" title={t("noSpaces")} autocomplete="new-password" onInput={(e) => setNext(e.currentTarget.value)} /></label>
		{answer && <p class="answer" role="status">{answer}</p>}
		<button>{t("changePassword")}</button>
	</form>;
}

function AppPasswords({ account, list, load }: Pick<Props, "account"> & { list: AppPassword[]; load: () => void }) {
	const [name, setName] = useState("");
	const [secret, setSecret] = useState("");
	const [answer, setAnswer] = useState("");
	const add = async (e: Event) => {
		e.preventDefault();
		const made = await account.addAppPassword(name.trim().replace(/\s+/g, "-"));
		setSecret(made.secret ?? "");
		setAnswer(made.secret ? "" : made.text);
		setName("");
		load();
	};
	const remove = async (which: string) => {
		setAnswer((await account.service("APPPASS", "DEL", which)).text.join(" "));
		load();
	};
	return <section><h3>{t("appPasswords")}</h3><p class="dim">{t("appPasswordsHint")}</p>
		{secret && <p class="answer" role="status">{t("appPasswordShown")} <code>{secret}</code></p>}
		{answer && <p class="answer" role="status">{answer}</p>}
		<ul class="rows">{list.map((p) => <li key={p.name}><span><b>{p.name}</b> <span class="dim">{p.text}</span></span><button onClick={() => void remove(p.name)}>{t("remove")}</button></li>)}</ul>
		<form class="inline" onSubmit={(e) => void add(e)}><input name="app" value={name} placeholder={t("appName")} aria-label={t("appName")} required onInput={(e) => setName(e.currentTarget.value)} />
			<button>{t("add")}</button></form></section>;
}

function Unlock({ account, state, onDone }: Pick<Props, "account" | "state"> & { onDone: () => void }) {
	const [password, setPassword] = useState("");
	const [problem, setProblem] = useState("");
	const unlock = async (e: Event) => {
		e.preventDefault();
		const why = await account.unlock(state.account, password);
		setPassword("");
		setProblem(why);
		if (!why) onDone();
	};
	return <form class="stack" onSubmit={(e) => void unlock(e)}>
		<label>{t("confirmPassword")}<input name="unlock" type="password" value={password} required autocomplete="current-password" onInput={(e) => setPassword(e.currentTarget.value)} /></label>
		{problem && <p class="problem" role="alert">{problem}</p>}
		<button>{t("confirm")}</button>
	</form>;
}

// What changes the account needs its password: who came in by this browser's own gives it once more.
function Owner({ account, state }: Pick<Props, "account" | "state">) {
	const [list, setList] = useState<AppPassword[] | null>(null);
	const [answer, setAnswer] = useState("");
	const load = () => void account.appPasswords().then(setList);
	useEffect(load, []);
	const always = (on: boolean) => void account.service("SET", "ALWAYS-ON", on ? "on" : "off").then(({ text }) => setAnswer(text.join(" ")));
	return <>
		<section><h3>{t("account")}</h3><p>{t("signedInAs", { account: state.account })}</p>
			<div class="choice"><span>{t("alwaysOn")}</span><button onClick={() => always(true)}>{t("on")}</button><button onClick={() => always(false)}>{t("off")}</button></div>
			{answer && <p class="answer" role="status">{answer}</p>}
			{list ? <NewPassword account={account} /> : <Unlock account={account} state={state} onDone={load} />}</section>
		<Devices account={account} />
		{list && <AppPasswords account={account} list={list} load={load} />}
	</>;
}

export function SettingsDialog(p: Props) {
	const leave = () => {
		p.onClose();
		p.app.leave();
	};
	return <Dialog title={t("settings")} onClose={p.onClose}>
		<Appearance app={p.app} settings={p.settings} onSettings={p.onSettings} />
		<Profile app={p.app} state={p.state} />
		{p.state.account ? <Owner account={p.account} state={p.state} /> : <section><h3>{t("account")}</h3><Guest account={p.account} app={p.app} /></section>}
		<section><button onClick={leave}>{t(p.state.account ? "signOut" : "leave")}</button></section>
	</Dialog>;
}
