/** Names of the programs in which nothing is worth changing. */
export function silentNames(): string[];

/** The path of a program, compiled into the folder `build`. It works in its working directory. */
export function silentProgram(name: string, build: string): string;
