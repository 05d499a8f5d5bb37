import { expect, test } from "vitest";
import { invokingUser } from "./privilege.ts";

test("the user behind sudo is taken from SUDO_UID and SUDO_GID", () => {
  const user = invokingUser({ SUDO_UID: "65534", SUDO_GID: "65534" }, 0);
  expect(user).toMatchObject({ uid: 65_534, gid: 65_534 });
});

test.each([
  [{}],
  [{ SUDO_UID: "1000" }],
  [{ SUDO_UID: "0", SUDO_GID: "0" }],
  [{ SUDO_UID: "-1", SUDO_GID: "1" }],
  [{ SUDO_UID: "1000x", SUDO_GID: "1" }],
  [{ SUDO_UID: "4294967295", SUDO_GID: "1" }],
  [{ SUDO_UID: "99999999999", SUDO_GID: "1" }],
])("%j names nobody to go back to", (environment) => {
  expect(invokingUser(environment, 0)).toBeNull();
});

test("somebody who is not root cannot become anybody", () => {
  expect(invokingUser({ SUDO_UID: "1000", SUDO_GID: "1000" }, 1001)).toBeNull();
});
