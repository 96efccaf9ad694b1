// Package bridge is the Go half of the wire between WHMCS's PHP modules and the sidecar: the signature, the shapes of
// requests and answers, the HTTP server with every route on one page (routes.go), and a Go client.
//
// It owns what is on the wire and who may speak on it. It refuses to know SQL, Proxmox or WHMCS's tables: what a command
// does is behind the small interfaces ModuleCommands, AddonCommands, Outbox, Tasks, Usage and NameList, which internal/app fills.
//
// Everything under /v1 is signed (signature.go); /healthz, /readyz and /metrics are not, and answer only to a unix
// socket or a loopback address. Who is asking has been decided by WHMCS; the signed body says it as Caller.
//
// A nonce is remembered by the process that saw it. Several replicas behind one address therefore each accept a captured
// request once within two minutes; commands are idempotent, so a second acceptance changes nothing.
//
// Called by internal/app (server), internal/callback (signature of the way back), tests, the demo and the benchmarks
// (client). The PHP half reads testdata/signature_vectors.json and testdata/exchanges too.
package bridge
