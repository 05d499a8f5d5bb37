/** Completions for bash, zsh and fish, made from the commands: docs/completions/. */
import type { AnyFlag } from "../flags.ts";
import { verbs } from "../program.ts";
import type { Verb } from "../verb.ts";

const MADE = "Made by tools/generate-docs.js from the commands; do not edit.";

/** File name below docs/completions/ and its content. */
export function completionScripts(): ReadonlyMap<string, string> {
  return new Map([
    ["crossbill.bash", bash()],
    ["_crossbill", zsh()],
    ["crossbill.fish", fish()],
  ]);
}

function names({ option }: AnyFlag): string[] {
  return [option.short, option.long].filter((name) => name !== undefined);
}

function takesValue({ option }: AnyFlag): boolean {
  return option.required || option.optional;
}

function bash(): string {
  const words = [...verbs.map(({ name }) => name), "help", "--help", "--version"].join(" ");
  const cases = verbs.map((verb) => bashCase(verb).join("\n")).join("\n");
  return `# ${MADE}
_crossbill() {
	local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		COMPREPLY=($(compgen -W "${words}" -- "$current"))
		return
	fi
	case \${COMP_WORDS[1]} in
${cases}
	esac
}
complete -F _crossbill crossbill
`;
}

function bashCase(verb: Verb): string[] {
  const words = [...verb.flags.flatMap(names), "--help"].join(" ");
  const valued = verb.flags.filter(takesValue).map((flag) => {
    const values = typeof flag.completion === "string" ? [] : flag.completion;
    const generator = flag.completion === "file" ? "-f" : `-W "${values.join(" ")}"`;
    return `\t\t${names(flag).join("|")}) COMPREPLY=($(compgen ${generator} -- "$current")); return ;;`;
  });
  const operand = bashOperand(verb);
  return [
    `\t${verb.name})`,
    ...(valued.length === 0 ? [] : ["\t\tcase $previous in", ...valued, "\t\tesac"]),
    "\t\tcase $current in",
    `\t\t-*) COMPREPLY=($(compgen -W "${words}" -- "$current")) ;;`,
    ...(operand === null ? [] : [`\t\t*) COMPREPLY=($(compgen ${operand} -- "$current")) ;;`]),
    "\t\tesac",
    "\t\t;;",
  ];
}

function bashOperand({ operand }: Verb): string | null {
  if (operand === null) return null;
  if (typeof operand.completion !== "string") return `-W "${operand.completion.join(" ")}"`;
  return operand.completion === "command" ? "-c -f" : "-f";
}

function zsh(): string {
  const list = verbs.map(({ name, summary }) => `    ${zshQuote(`${name}:${summary}`)}`).join("\n");
  const cases = verbs.map((verb) => zshCase(verb).join("\n")).join("\n");
  return `#compdef crossbill
# ${MADE}
_crossbill() {
  local -a commands
  commands=(
${list}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases}
  esac
}
_crossbill "$@"
`;
}

function zshCase(verb: Verb): string[] {
  const specs = verb.flags.flatMap((flag) => names(flag).map((name) => zshFlag(flag, name)));
  const operand = zshOperand(verb);
  const all = [...specs, ...(operand === null ? [] : [operand])];
  return [
    `  ${verb.name})`,
    "    _arguments -S \\",
    ...all.map((spec, index) => `      ${zshQuote(spec)}${index === all.length - 1 ? "" : " \\"}`),
    "    ;;",
  ];
}

function zshFlag(flag: AnyFlag, name: string): string {
  const text = `${name}[${flag.option.description.replace(/[[\]:]/g, "")}]`;
  if (!takesValue(flag)) return text;
  if (flag.completion === "file") return `${text}:file:_files`;
  if (flag.completion === "none") return `${text}:value:`;
  return `${text}:value:(${flag.completion.join(" ")})`;
}

function zshOperand({ operand }: Verb): string | null {
  if (operand === null) return null;
  const { completion, syntax } = operand;
  if (completion === "command") return "*::command:_normal";
  const where = syntax.includes("...") ? "*" : "1";
  if (completion === "file") return `${where}:file:_files`;
  return `${where}:${syntax.replace(/[^a-z]/g, "")}:(${completion.join(" ")})`;
}

function zshQuote(text: string): string {
  return `'${text.replace(/'/g, "'\\''")}'`;
}

function fish(): string {
  const none = "__fish_use_subcommand";
  const commands = verbs.map(
    ({ name, summary }) =>
      `complete -c crossbill -f -n ${none} -a ${name} -d ${fishQuote(summary)}`,
  );
  const flags = verbs.flatMap((verb) => verb.flags.map((flag) => fishFlag(verb, flag)));
  const run = verbs.filter(({ operand }) => operand?.completion === "command");
  const operands = run.map(
    ({ name }) =>
      `complete -c crossbill -n '__fish_seen_subcommand_from ${name}' -x -a '(__fish_complete_subcommand)'`,
  );
  const words = verbs.flatMap(({ name, operand }) =>
    operand === null || typeof operand.completion === "string"
      ? []
      : [
          `complete -c crossbill -n '__fish_seen_subcommand_from ${name}' ` +
            `-f -a ${fishQuote(operand.completion.join(" "))}`,
        ],
  );
  return `# ${MADE}\n${[...commands, ...flags, ...operands, ...words].join("\n")}\n`;
}

function fishFlag(verb: Verb, flag: AnyFlag): string {
  const { option, completion } = flag;
  const short = option.short === undefined ? "" : ` -s ${option.short.replace(/^-/, "")}`;
  const long = option.long === undefined ? "" : ` -l ${option.long.replace(/^--/, "")}`;
  const words = typeof completion === "string" ? "" : ` -a ${fishQuote(completion.join(" "))}`;
  const value = takesValue(flag) ? (completion === "file" ? " -r -F" : ` -x${words}`) : "";
  const when = `-n '__fish_seen_subcommand_from ${verb.name}'`;
  return `complete -c crossbill ${when}${short}${long}${value} -d ${fishQuote(option.description)}`;
}

function fishQuote(text: string): string {
  return `'${text.replace(/\\/g, "\\\\").replace(/'/g, "\\'")}'`;
}
