// Package showroom runs the whole product on one machine, for people who look (make demo) and for figures (make bench): a private
// database, WHMCS's part, a simulated cluster and a sidecar in this process.
package showroom
