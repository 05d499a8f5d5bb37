/** rdma-devices: the RDMA devices that are hardware, as sysfs names them. */
import { readdirSync, realpathSync } from "node:fs";
import { join } from "node:path";

/** Those without a bus are software (rdma_rxe, siw): what they cost is no device's price. */
export function rdmaDevices(folder = "/sys/class/infiniband"): string[] {
  try {
    const isHardware = (name: string) => !realpathSync(join(folder, name)).includes("/virtual/");
    return readdirSync(folder).filter(isHardware).toSorted();
  } catch {
    return []; // A kernel without RDMA has no such folder.
  }
}
