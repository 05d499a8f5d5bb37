/** @crossbill/io: input and output for Node.js that crosses into the kernel less often. */
export { IoError, type IoErrorDetails } from "./errors.ts";
