// Package access is who may do what on the simulated cluster: users, API tokens, tickets with their
// CSRF tokens, and grants on paths. It follows the rules of the Proxmox VE access model (pve-behaviour
// §2): deeper entries replace inherited ones, a pool's grants count for its members, a token with
// privilege separation has at most what both it and its user have. It knows no endpoint.
// The front end asks it who is calling, handlers ask it what the caller may do.
package access
