"""The part of the corpus that every change must pass: a minute on two cores."""
import time

from . import judge, table

# What is built, for the newest 6.1 kernel of these flavors: one that has all, and one that lacks USB and HID.
BUILT = ("acpi-call", "bbswitch", "digimend", "openrazer-driver")
FLAVORS = ("amd64", "cloud-amd64")
# Only read: jool takes a minute of compiling, no kernel of Debian's takes this lttng-modules.
READ = ("jool", "lttng-modules")
READ_FLAVORS = ("amd64", "cloud-amd64", "rt-amd64")

LEFT_OUT = """left out here, in `ctest -L corpus`: nine more drivers, kernels 6.12 and rt, jool's compilation, every module against the one that
dkms makes, `kmpack verify` of the debs and rpms"""


def run(cells, program, cache, work):
    start = time.monotonic()
    places = judge.fetch(cache, [*BUILT, *READ])
    faults = []
    wanted = {(cell.driver, table.flavor(cell.kernel)): cell for cell in cells if table.series(cell.kernel) == "6.1"}
    count = 0
    for driver in BUILT:
        made, stopped = program.build(places[driver], [f"debian-12/{flavor}@6.1" for flavor in FLAVORS], driver)
        by_flavor = {kernel.split("/")[1].split("@")[0]: cell for kernel, cell in made.items()}
        for flavor in FLAVORS:
            count += 1
            cell, ours = wanted[driver, flavor], by_flavor.get(flavor)
            found = judge.compare(cell, ours, None) if ours else [stopped or "no such cell"]
            print(f"{driver:16} {flavor:12} {cell.verdict:8} {'differs' if found else 'same'}", flush=True)
            faults += [f"{driver} {flavor}: {fault}" for fault in found]
    for driver in READ:
        sets = program.module_sets(places[driver], [f"debian-12/{flavor}@6.1" for flavor in READ_FLAVORS], f"read-{driver}")
        for flavor in READ_FLAVORS:
            count += 1
            cell, ours = wanted[driver, flavor], (sets or {}).get(f"debian-12/{flavor}@6.1")
            same = ours == cell.names
            print(f"{driver:16} {flavor:12} {len(cell.names):2} modules {'same' if same else 'differs'}", flush=True)
            if not same:
                faults.append(f"{driver} {flavor}: modules {' '.join(sorted(set(ours or []) ^ set(cell.names)))}: in one of both only")
    for fault in faults:
        print(f"    {fault}")
    print(f"corpus: {LEFT_OUT}")
    print(f"corpus: {count} of {len(table.read())} cells, {len(faults)} differ, {time.monotonic() - start:.0f} s")
    return 1 if faults else 0
