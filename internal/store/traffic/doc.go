// Package traffic keeps what is counted of each service: the last reading and the open hour and month in
// kvmbridge_traffic, closed hours in puqProxmoxKVM_statistics, for 35 days. A reading and the bytes it proves are written in
// one transaction, and only onto the state they were made from: a run that dies is repeated and books nothing twice, and of two
// runs at once one is dropped. It counts nothing itself (internal/traffic does); internal/traffic/collect calls it, and
// whoever bills reads the months.
//
// When a service was read last is kvmbridge_traffic.taken_at, which the lines of the task show. vm_statistics_last of its record
// stays as it was found: nothing reads it, and to write it would lock the records of all machines in each hour and cost half as
// much again as writing the hours.
package traffic
