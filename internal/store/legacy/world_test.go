package legacy_test

import (
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/seal"
	"github.com/kvmbridge/kvmbridge/internal/store/legacy"
	"github.com/kvmbridge/kvmbridge/internal/testdb"
)

// world is a WHMCS with an older module's tables.
type world struct {
	*testdb.DB
	server, client, product int64
	box                     *seal.Box
	importer                *legacy.Importer
}

func newWorld(t *testing.T) world {
	t.Helper()
	db := testdb.New(t)
	w := world{DB: db, server: db.Server(t, "pve"), client: db.Client(t, "Ada", "Byron"), product: db.Product(t, "{}"), box: db.Config(t).Box}
	w.importer = w.replica(t)
	return w
}

// replica is another process on the same database.
func (w world) replica(t *testing.T) *legacy.Importer {
	t.Helper()
	return legacy.New(w.Store(t).Handle(), w.box, clock.System{})
}

const (
	longPools  = "puq_customization_module_puq_proxmox_kvm_ip_pools"
	shortPools = "puq_customization_ip_pools"
	longZones  = "puq_customization_module_puq_proxmox_kvm_dns_zones"
	shortZones = "puq_customization_dns_zones"
)

// poolsLong makes the longer form as the successor's own columns suggest.
func (w world) poolsLong(t *testing.T) {
	t.Helper()
	w.Exec(t, "CREATE TABLE "+longPools+` (id INT AUTO_INCREMENT PRIMARY KEY, server_id INT, type VARCHAR(8), bridge VARCHAR(32), vlan INT,
		gateway VARCHAR(64), mask INT, dns1 VARCHAR(64), dns2 VARCHAR(64), address_start VARCHAR(64), address_stop VARCHAR(64), created_at TIMESTAMP NULL) CHARSET=latin1`)
}

// poolsShort makes the shorter form with everything as text and other names.
func (w world) poolsShort(t *testing.T) {
	t.Helper()
	w.Exec(t, "CREATE TABLE "+shortPools+` (Id INT AUTO_INCREMENT PRIMARY KEY, server VARCHAR(16), family VARCHAR(8), Bridge TEXT, vlan_tag TEXT,
		gw TEXT, netmask TEXT, dns TEXT, ip_start TEXT, ip_end TEXT)`)
}

func (w world) zonesLong(t *testing.T) {
	t.Helper()
	w.Exec(t, "CREATE TABLE "+longZones+" (id INT AUTO_INCREMENT PRIMARY KEY, zone VARCHAR(255), type VARCHAR(32), ttl INT, config MEDIUMTEXT)")
}

func (w world) zonesShort(t *testing.T) {
	t.Helper()
	w.Exec(t, "CREATE TABLE "+shortZones+` (id INT AUTO_INCREMENT PRIMARY KEY, domain VARCHAR(255), provider VARCHAR(32), server_url TEXT,
		admin_user TEXT, admin_password TEXT, hestia_user TEXT, token TEXT, zone_id TEXT)`)
}

// machine adds a service with a record as the reference product leaves it.
func (w world) machine(t *testing.T, vmid any, name, status, dedicated, assigned string) int64 {
	t.Helper()
	id := w.Service(t, w.client, w.product, w.server)
	w.Exec(t, "UPDATE tblhosting SET domain = ?, dedicatedip = ?, assignedips = ? WHERE id = ?", name+".example.com", dedicated, assigned, id)
	w.record(t, id, vmid, name, status)
	return id
}

func (w world) record(t *testing.T, service int64, vmid any, name, status string) {
	t.Helper()
	w.Exec(t, "INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_id, vm_name, vm_status) VALUES (?, ?, ?, ?)", service, vmid, name, status)
}

// pool adds one of ours that ends at 10.0.0.99.
func (w world) pool(t *testing.T, bridge, first string) {
	t.Helper()
	w.Exec(t, `INSERT INTO puq_proxmox_kvm_ip_pools (server_id, type, bridge, vlan, gateway, mask, dns1, address_start, address_stop)
		VALUES (?, 'ipv4', ?, 0, '10.0.0.1', 24, '9.9.9.9', ?, '10.0.0.99')`, w.server, bridge, first)
}

func (w world) run(t *testing.T) legacy.Report {
	t.Helper()
	r, err := w.importer.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// lines are the answers of a query, one row a line, its columns separated by bars.
func (w world) lines(t *testing.T, query string, args ...any) string {
	t.Helper()
	rows, err := w.SQL.QueryxContext(t.Context(), query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer func() { _ = rows.Close() }()
	var lines []string
	for rows.Next() {
		values, err := rows.SliceScan()
		if err != nil {
			t.Fatal(err)
		}
		var words []string
		for _, v := range values {
			if b, ok := v.([]byte); ok {
				words = append(words, string(b))
			} else {
				words = append(words, text(v))
			}
		}
		lines = append(lines, strings.Join(words, "|"))
	}
	return strings.Join(lines, "\n")
}

// left is why each row was left.
func left(p legacy.Part) string {
	var lines []string
	for _, r := range p.Left {
		lines = append(lines, r.ID+": "+r.Why)
	}
	return strings.Join(lines, "\n")
}
