<?php

declare(strict_types=1);

namespace Devhost;

use WHMCS\Database\Capsule;

/** Demo data: one admin, one client, one server in a group, one product with options, and the mail templates. */
final class Seed
{
    public const ADMIN = ['username' => 'admin', 'password' => 'admin'];
    public const CLIENT = ['email' => 'jane@example.com', 'password' => 'client'];
    private const MODULE = 'puqProxmoxKVM';

    /** Option name => choices as "value|Label". */
    private const OPTIONS = [
        'CPU Cores' => ['1|1 core', '2|2 cores', '4|4 cores', '8|8 cores'],
        'RAM' => ['1|1 GB', '2|2 GB', '4|4 GB', '8|8 GB', '16|16 GB'],
        'System Disk' => ['10|10 GB', '20|20 GB', '40|40 GB', '80|80 GB'],
        'Additional Disk' => ['0|none', '10|10 GB', '50|50 GB'],
        'Network Bandwidth' => ['0|unlimited', '12|100 Mbit/s', '125|1 Gbit/s'],
        'IPv4 Addresses' => ['1|1', '2|2', '4|4', '0|none'],
        'IPv6 Addresses' => ['0|none', '1|1', '2|2'],
        'Backups' => ['0|none', '3|3 backups', '7|7 backups'],
        'Snapshots' => ['0|none', '1|1 snapshot', '3|3 snapshots'],
    ];

    private $wishes;

    /** @param array<string,string> $wishes see run() */
    private function __construct(array $wishes)
    {
        $this->wishes = $wishes;
    }

    /**
     * @param array<string,string> $wishes system-url, server-host, server-port, server-username, server-password, server-trust (fingerprint or PEM), server-secure,
     *     legacy-ips, settings (JSON of the product), templates (comma list "vmid|Label" for the Operating System option)
     * @return array<string,int|string> ids and log-ins
     */
    public static function run(array $wishes): array
    {
        $seed = new self($wishes);
        Config::set('SystemURL', $seed->wish('system-url', 'http://127.0.0.1:8080'));
        Config::set('Version', '8.13.0-release.1');
        Config::set('CompanyName', 'Example Hosting');
        Config::set('ModuleDebugMode', 'on');
        $mails = $seed->mails();
        $server = $seed->server();
        $product = $seed->product($server['server_group_id'], $mails);
        $seed->options($product);
        return $seed->admin() + $seed->client() + $server + ['product_id' => $product];
    }

    private function wish(string $name, string $default): string
    {
        return (string) ($this->wishes[$name] ?? $default);
    }

    private function admin(): array
    {
        Capsule::table('tbladminroles')->updateOrInsert(['id' => 1], ['name' => 'Full Administrator']);
        Capsule::table('tbladminroles')->updateOrInsert(['id' => 2], ['name' => 'Support']);
        $hash = password_hash(self::ADMIN['password'], PASSWORD_BCRYPT, ['cost' => 4]);
        $row = ['roleid' => 1, 'username' => self::ADMIN['username'], 'password' => $hash, 'firstname' => 'Ada', 'lastname' => 'Admin',
            'email' => 'admin@example.com'];
        return ['admin_id' => Capsule::table('tbladmins')->insertGetId($row), 'admin_username' => self::ADMIN['username'],
            'admin_password' => self::ADMIN['password']];
    }

    private function client(): array
    {
        Capsule::table('tblcurrencies')->updateOrInsert(['id' => 1], ['code' => 'EUR', 'suffix' => ' EUR', 'default' => 1]);
        $client = Capsule::table('tblclients')->insertGetId([
            'uuid' => bin2hex(random_bytes(16)), 'firstname' => 'Jane', 'lastname' => 'O&#039;Neil', 'companyname' => 'Tools &amp; Sons',
            'email' => self::CLIENT['email'], 'address1' => 'Main Street 1', 'city' => 'Berlin', 'postcode' => '10115', 'country' => 'DE',
            'phonenumber' => '+49.301234567', 'datecreated' => date('Y-m-d'),
        ]);
        $hash = password_hash(self::CLIENT['password'], PASSWORD_BCRYPT, ['cost' => 4]);
        $user = Capsule::table('tblusers')->insertGetId([
            'first_name' => 'Jane', 'last_name' => "O'Neil", 'email' => self::CLIENT['email'], 'password' => $hash,
        ]);
        Capsule::table('tblusers_clients')->insert(['auth_user_id' => $user, 'client_id' => $client, 'owner' => 1]);
        return ['client_id' => $client, 'client_email' => self::CLIENT['email'], 'client_password' => self::CLIENT['password']];
    }

    private function server(): array
    {
        $password = $this->wish('server-password', '');
        $server = Capsule::table('tblservers')->insertGetId([
            'name' => $this->wish('server-name', 'Proxmox cluster'), 'hostname' => $this->wish('server-host', '127.0.0.1'),
            'ipaddress' => $this->wish('server-ip', ''), 'assignedips' => $this->wish('legacy-ips', ''), 'type' => self::MODULE,
            'username' => $this->wish('server-username', 'root@pam!whmcs'), 'accesshash' => $this->wish('server-trust', ''),
            'password' => $password === '' ? '' : Cipher::encrypt($password), 'secure' => $this->wish('server-secure', 'on'),
            'port' => (int) $this->wish('server-port', '8006'), 'active' => 1,
        ]);
        $group = Capsule::table('tblservergroups')->insertGetId(['name' => 'Proxmox', 'filltype' => 1]);
        Capsule::table('tblservergroupsrel')->insert(['groupid' => $group, 'serverid' => $server]);
        return ['server_id' => $server, 'server_group_id' => $group];
    }

    /** @param array<string,int> $mails template name => id */
    private function product(int $serverGroup, array $mails): int
    {
        $group = Capsule::table('tblproductgroups')->insertGetId(['name' => 'Virtual machines']);
        $product = Capsule::table('tblproducts')->insertGetId([
            'type' => 'server', 'gid' => $group, 'name' => 'KVM Start', 'description' => 'A virtual machine on Proxmox VE',
            'paytype' => 'recurring', 'autosetup' => $this->wish('autosetup', 'order'), 'servertype' => self::MODULE,
            'servergroup' => $serverGroup, 'welcomeemail' => $mails['puqProxmoxVKM Welcome Email'],
            'upgradeemail' => $mails['puqProxmoxKVM Upgrade Email'], 'configoptionsupgrade' => 1,
            'configoption1' => $this->wish('settings', ''),
        ]);
        $this->saveOnce($product);
        self::price('product', $product, 9.0);
        return $product;
    }

    /** As when an admin saves the Module Settings tab for the first time: what was not wished becomes the declared default. */
    private function saveOnce(int $id): void
    {
        $product = Capsule::table('tblproducts')->where('id', $id)->first();
        Products::save($product, array_map(static function (array $field): string {
            return $field[1];
        }, Products::fields($product)));
    }

    private function options(int $product): void
    {
        $group = Capsule::table('tblproductconfiggroups')->insertGetId(['name' => 'Virtual machine', 'description' => '']);
        Capsule::table('tblproductconfiglinks')->insert(['gid' => $group, 'pid' => $product]);
        $systems = array_filter(explode(',', $this->wish('templates', '')));
        $order = 0;
        foreach (self::OPTIONS + ($systems ? ['Operating System' => $systems] : []) as $name => $choices) {
            $option = Capsule::table('tblproductconfigoptions')->insertGetId([
                'gid' => $group, 'optionname' => $name, 'optiontype' => '1', 'order' => ++$order,
            ]);
            foreach ($choices as $n => $choice) {
                $id = Capsule::table('tblproductconfigoptionssub')->insertGetId([
                    'configid' => $option, 'optionname' => $choice, 'sortorder' => $n,
                ]);
                self::price('configoptions', $id, 1.5 * $n);
            }
        }
    }

    private static function price(string $type, int $id, float $monthly): void
    {
        Capsule::table('tblpricing')->insert(['type' => $type, 'currency' => 1, 'relid' => $id, 'monthly' => $monthly]);
    }

    /** @return array<string,int> template name => id */
    private function mails(): array
    {
        $ids = [];
        foreach (MailTemplates::all() as $name => [$subject, $message]) {
            $ids[$name] = Capsule::table('tblemailtemplates')->insertGetId([
                'type' => 'product', 'name' => $name, 'subject' => $subject, 'message' => $message, 'custom' => 1,
            ]);
        }
        return $ids;
    }
}
