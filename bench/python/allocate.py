"""One task of `npm run bench -- allocate` with a Python library: LIBRARY TASK COUNT. Prints the seconds of CPU and the last block.

Each task is written as the library's own documentation would have it. Neither has a structure that knows what is
free: ipaddress gets a set of what is taken, netaddr's IPSet is one.
"""

import hashlib
import struct
import sys
import time

POOL = "2001:db8:100::/64"
BLOCK_LENGTH = 96
DOMAIN = b"pulumi-anyip keyed allocation 1"


def keyed_offset(pool_bytes, length, key, counter):
    """The same bytes as net/allocation/keyed-candidate.ts hashes."""
    fields = [DOMAIN, pool_bytes + bytes([64]), bytes([length]), key.encode(), struct.pack(">I", counter)]
    message = b"".join(struct.pack(">I", len(field)) + field for field in fields)
    return int.from_bytes(hashlib.sha256(message).digest()[:8], "big")


def sparse_number(index):
    """The index-th block in RFC 3531's leftmost order: its 32 bits from the last to the first."""
    return int(format(index, "032b")[::-1], 2)


def take_keyed(network, pool_bytes, taken, count):
    """The address of the last key, each the first of its candidates that is not taken."""
    for index in range(count):
        counter = 0
        while True:
            address = network[keyed_offset(pool_bytes, 128, f"site-{index}", counter)]
            if address not in taken:
                break
            counter += 1
        taken.add(address)
    return address


def keyed_ipaddress(count):
    import ipaddress

    network = ipaddress.ip_network(POOL)
    return take_keyed(network, network.network_address.packed, set(), count)


def next_free_ipaddress(count):
    import ipaddress

    # hosts() leaves out the Subnet-Router anycast address. It goes on where it was and never sees what is given back.
    hosts = ipaddress.ip_network(POOL).hosts()
    taken = set()
    for _ in range(count):
        address = next(host for host in hosts if host not in taken)
        taken.add(address)
    return address


def sparse_ipaddress(count):
    import ipaddress

    first = int(ipaddress.ip_network(POOL).network_address)
    taken = set()
    index = 0
    for _ in range(count):
        while True:
            block = ipaddress.IPv6Network((first + (sparse_number(index) << 32), BLOCK_LENGTH))
            index += 1
            if block not in taken:
                break
        taken.add(block)
    return block


def keyed_netaddr(count):
    import netaddr

    network = netaddr.IPNetwork(POOL)
    return take_keyed(network, network.ip.packed, netaddr.IPSet(), count)


def next_free_netaddr(count):
    import netaddr

    network = netaddr.IPNetwork(POOL)
    free = netaddr.IPSet([network])
    free.remove(network[0])
    for _ in range(count):
        address = next(iter(free))
        free.remove(address)
    return address


def sparse_netaddr(count):
    import netaddr

    network = netaddr.IPNetwork(POOL)
    taken = netaddr.IPSet()
    index = 0
    for _ in range(count):
        while True:
            block = netaddr.IPNetwork((network.first + (sparse_number(index) << 32), BLOCK_LENGTH), version=6)
            index += 1
            if block not in taken:
                break
        taken.add(block)
    return block


def main():
    library, task, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    allocate = globals()[f"{task}_{library}"]
    __import__(library)
    start = time.process_time()
    last = allocate(count)
    print(time.process_time() - start, last)


main()
