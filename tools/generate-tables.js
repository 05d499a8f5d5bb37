/**
 * Generates packages/core/src/tables: system calls by number from the installed kernel headers,
 * errno names, and strace's classes, learned by asking the installed strace which calls it shows.
 *
 * Usage: node tools/generate-tables.js   (needs gcc, strace, linux-libc-dev)
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const outputFolder = path.join(import.meta.dirname, "../packages/core/src/tables");

// Newer than the headers of Linux 6.1; one number on both architectures, as all calls since 424.
const newerCalls = {
  451: "cachestat",
  452: "fchmodat2",
  453: "map_shadow_stack",
  454: "futex_wake",
  455: "futex_wait",
  456: "futex_requeue",
  457: "statmount",
  458: "listmount",
  459: "lsm_get_self_attr",
  460: "lsm_set_self_attr",
  461: "lsm_list_modules",
  462: "mseal",
  463: "setxattrat",
  464: "getxattrat",
  465: "listxattrat",
  466: "removexattrat",
  467: "open_tree_attr",
  468: "file_getattr",
  469: "file_setattr",
};
const newerCallsOfX86 = { 335: "uretprobe", 336: "uprobe" };

// Calls strace 6.1 does not know go where the older call goes whose arguments they share.
const likeOlder = {
  cachestat: "readahead",
  fchmodat2: "fchmodat",
  map_shadow_stack: "mmap",
  mseal: "mprotect",
  open_tree_attr: "open_tree",
  file_getattr: "fchmodat",
  file_setattr: "fchmodat",
  setxattrat: "fchmodat",
  getxattrat: "fchmodat",
  listxattrat: "fchmodat",
  removexattrat: "fchmodat",
};
// map_shadow_stack takes no descriptor, unlike mmap.
const except = { map_shadow_stack: ["desc"] };

const classes = [
  "file",
  "process",
  "network",
  "desc",
  "memory",
  "signal",
  "ipc",
  "creds",
  "clock",
  "stat",
  "lstat",
  "fstat",
  "statfs",
  "fstatfs",
  "%stat",
  "%statfs",
  "pure",
];

// What arch/arm64/include/uapi/asm/unistd.h defines before it includes the generic table.
const arm64Wants = [
  "__BITS_PER_LONG=64",
  "__ARCH_WANT_RENAMEAT",
  "__ARCH_WANT_NEW_STAT",
  "__ARCH_WANT_SET_GET_RLIMIT",
  "__ARCH_WANT_TIME32_SYSCALLS",
  "__ARCH_WANT_SYS_CLONE3",
  "__ARCH_WANT_MEMFD_SECRET",
];

/** Macros a header leaves defined, as name -> text. */
function macros(header, defines = []) {
  const text = execFileSync(
    "gcc",
    ["-E", "-dM", "-include", header, ...defines.map((define) => `-D${define}`), "-"],
    { input: "", encoding: "utf8" },
  );
  return new Map(
    [...text.matchAll(/^#define (\w+) (.+)$/gm)].map((match) => [match[1], match[2].trim()]),
  );
}

function syscallNumbers(defined, newer) {
  const names = new Map(Object.entries(newer).map(([number, name]) => [Number(number), name]));
  for (const [macro, text] of defined) {
    if (!macro.startsWith("__NR_") || /^__NR_(syscalls|arch_specific_syscall)$/.test(macro))
      continue;
    const number = Number(defined.get(text) ?? text);
    if (Number.isInteger(number)) names.set(number, macro.slice("__NR_".length));
  }
  return names;
}

/** A program that makes every call without any being carried out: seccomp answers before the kernel. */
const callerSource = `
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 38),
	};
	struct sock_fprog program = { 4, filter };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return 1;
	/* 335 and 336 (uretprobe, uprobe) are for the kernel's trampolines and pass seccomp. */
	for (long number = 0; number < 470; number++)
		if (number != SYS_exit_group && number != 335 && number != 336)
			syscall(number, -1L, -1L, -1L, -1L, -1L, -1L);
	syscall(SYS_exit_group, 0);
}
`;

/** Names strace shows with `-e trace=expression`, among the calls answered by our filter. */
function shownBy(expression, program, folder) {
  const output = path.join(folder, "strace.txt");
  execFileSync("strace", ["-qq", "-o", output, "-e", `trace=${expression}`, program]);
  const lines = readFileSync(output, "utf8").split("\n");
  const answered = lines.filter((line) => line.includes("ENOSYS") || line.startsWith("exit_group"));
  const names = answered.map((line) => line.slice(0, line.indexOf("(")));
  // Numbers strace has no name for are shown whatever the class.
  return new Set(names.filter((name) => !name.startsWith("syscall_")));
}

function learnClasses(known) {
  const folder = mkdtempSync(path.join(tmpdir(), "crossbill-tables-"));
  try {
    const program = path.join(folder, "caller");
    execFileSync("gcc", ["-O1", "-x", "c", "-o", program, "-"], { input: callerSource });
    const learned = new Map();
    for (const name of classes) learned.set(name, shownBy(`%${name}`, program, folder));
    const all = shownBy("all", program, folder);
    for (const name of known) {
      if (!all.has(name) && !(name in likeOlder)) console.error(`strace does not show ${name}`);
    }
    return learned;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Calls strace does not know join the classes of the call they are like. */
function addNewer(learned) {
  for (const [newer, older] of Object.entries(likeOlder)) {
    for (const [name, members] of learned) {
      if (members.has(older) && !(except[newer] ?? []).includes(name)) members.add(newer);
    }
  }
}

function words(list) {
  const lines = [""];
  for (const word of list) {
    const last = lines.at(-1);
    if (last.length + word.length > 96) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  return `\`\n${lines.join("\n")}\n\``;
}

/** By code unit, so that no locale changes the files. */
function sorted(names) {
  return [...names].sort((a, b) => (a < b ? -1 : 1));
}

/** Numbered names as one text: a number appears where the sequence jumps. */
function numbered(names) {
  const tokens = [];
  let expected = 0;
  for (const number of [...names.keys()].sort((a, b) => a - b)) {
    if (number !== expected) tokens.push(String(number));
    tokens.push(names.get(number));
    expected = number + 1;
  }
  return words(tokens);
}

function write(file, text) {
  writeFileSync(path.join(outputFolder, file), text);
}

const generated = "Generated by tools/generate-tables.js; do not edit.";
const x86 = syscallNumbers(macros("asm/unistd.h"), { ...newerCalls, ...newerCallsOfX86 });
const arm64 = syscallNumbers(macros("asm-generic/unistd.h", arm64Wants), newerCalls);
write(
  "syscall-names.ts",
  `/** System calls by number, a number where the sequence jumps. ${generated} */\n` +
    `export const x86Syscalls = ${numbered(x86)};\n\nexport const arm64Syscalls = ${numbered(arm64)};\n`,
);

const learned = learnClasses(x86.values());
addNewer(learned);
const entries = [...learned].map(
  ([name, members]) => `  ${/^\w+$/.test(name) ? name : `"${name}"`}: ${words(sorted(members))},`,
);
write(
  "syscall-classes.ts",
  `/** Which calls strace's classes hold ("%stat" is its \`%%stat\`). ${generated} */\n` +
    `export const syscallClasses = {\n${entries.join("\n")}\n} as const;\n`,
);

const errno = new Map();
for (const [name, text] of macros("asm/errno.h")) {
  if (/^E[A-Z0-9]+$/.test(name) && /^\d+$/.test(text)) errno.set(Number(text), name);
}
write(
  "errno-names.ts",
  `/** errno names by number, a number where the sequence jumps. ${generated} */\n` +
    `export const errnoNames = ${numbered(errno)};\n`,
);
