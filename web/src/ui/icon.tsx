// The page's few signs, drawn in the colour of the text around them.
const PATHS = {
	search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5",
	people: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3 20c0-4 2.5-6 6-6s6 2 6 6M16 4.5a3.5 3.5 0 0 1 0 6.5M18 14.5c2 .8 3 2.7 3 5.5",
	menu: "M12 5v.01M12 12v.01M12 19v.01",
	settings: "M4 7h9M17 7h3M15 4.5v5M4 17h3M11 17h9M9 14.5v5",
	help: "M9 9a3 3 0 1 1 4 2.8c-.7.3-1 .9-1 1.7v.5M12 17.5v.01M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
	send: "M4 12l16-8-6 16-3-7z",
	add: "M12 5v14M5 12h14",
	back: "M15 5l-7 7 7 7",
	close: "M6 6l12 12M18 6L6 18",
	reply: "M9 7l-5 5 5 5M4 12h9c4 0 7 2 7 6",
	react: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8.5 14c1.8 2.7 5.200 2.7 7 0M9 9.5v.01M15 9.5v.01",
	delete: "M5 7h14M10 4h4M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5",
	attach: "M19 11l-7.5 7.5a4.5 4.5 0 0 1-6.400-6.400L13 4.300a3 3 0 0 1 4.300 4.300L9.7 16.200a1.5 1.5 0 0 1-2.200-2.200L14 7.5",
};

export function Icon({ name }: { name: keyof typeof PATHS }) {
	return <svg class="sign-icon" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true"><path d={PATHS[name]} fill="none" stroke="currentColor" stroke-width={name === "menu" ? 3 : 1.8}
		stroke-linecap="round" stroke-linejoin="round" /></svg>;
}
