<?php

declare(strict_types=1);

namespace Kvmbridge\Tests;

use PHPUnit\Framework\TestCase;

/** devhost as it is used: assembled into a folder, over a real database, by command line and by browser. */
final class DevhostTest extends TestCase
{
    private const SCHEMA = __DIR__ . '/../../schema/whmcs/0001_whmcs.sql';
    private static $root;
    private static $web;

    public static function setUpBeforeClass(): void
    {
        self::$root = sys_get_temp_dir() . '/kvmbridge-devhost-' . bin2hex(random_bytes(6));
        register_shutdown_function(static function (string $folder): void {
            exec('rm -rf ' . escapeshellarg($folder));
        }, self::$root);
        self::php([__DIR__ . '/../devhost/bin/assemble.php', self::$root]);
        $lines = '';
        foreach (TestDatabase::create() + ['cc_encryption_hash' => 'abc'] as $name => $value) {
            $lines .= "\$$name = " . var_export($value, true) . ";\n";
        }
        file_put_contents(self::$root . '/configuration.php', "<?php\n$lines");
        self::$web = PhpServer::web(self::$root, self::$root . '/router.php');
        self::devhost('schema', self::SCHEMA);
        self::devhost('schema', self::SCHEMA); // loads over itself
        self::devhost('seed', '--system-url', self::$web, '--server-host', 'pve.example.com', '--server-password=token', '--templates', '9000|Debian');
        self::devhost('set-addon', 'sidecar_urls', FakeSidecar::url('success'));
        self::devhost('set-addon', 'secret', FakeSidecar::SECRET);
        self::devhost('activate-addon');
    }

    protected function setUp(): void
    {
        self::devhost('set-addon', 'sidecar_urls', FakeSidecar::url('success'));
        FakeSidecar::forget();
    }

    public function testOrder_reachesTheServiceAndBecomesActive(): void
    {
        $order = self::devhost('order', '--option', 'RAM=4', '--option', 'Operating System=9000', '--domain', 'a.example.com');
        self::assertSame('success', $order['result']);
        $sent = json_decode(FakeSidecar::lastRequest()['body'], true);
        self::assertSame([$order['service_id'], 'a.example.com', 'token', 'pve.example.com'],
            [$sent['service']['id'], $sent['service']['domain'], $sent['server']['password'], $sent['server']['hostname']]);
        self::assertSame(['html' => '<p>page</p>'], self::devhost('output'));
        self::assertSame('<p>page</p>', self::devhost('call', 'ClientArea', (string) $order['service_id'])['result']);
        self::assertSame(['success' => true, 'error' => ''], self::devhost('test-connection', '1')['result']);
    }

    public function testOrder_thatFailsWaitsInTheModuleQueue(): void
    {
        self::devhost('set-addon', 'sidecar_urls', FakeSidecar::deadUrl());
        $order = self::devhost('order');
        self::assertStringContainsString('cannot be reached', $order['result']);
        self::devhost('set-addon', 'sidecar_urls', FakeSidecar::url('success'));
        $lines = self::devhost('cron')['lines'];
        self::assertContains("queue: CreateAccount service {$order['service_id']}: success", $lines);
        self::assertSame('/success/v1/outbox/deliver', FakeSidecar::lastRequest()['path'], 'the hook of the server module runs with the cron');
        self::assertSame(['hook AfterCronJob'], self::devhost('cron')['lines']);
    }

    public function testClient_ordersAndSeesOnlyTheOwnService(): void
    {
        $browser = new Browser(self::$web);
        self::assertStringContainsString('Login', $browser->get('cart.php?a=add&pid=1')->text());
        self::assertStringContainsString('incorrect', $browser->post('login.php', ['username' => 'jane@example.com', 'password' => 'x'])->text());
        $browser->post('login.php', ['username' => 'jane@example.com', 'password' => 'client', 'goto' => 'cart.php?pid=1']);
        preg_match_all('/name="(configoption\[\d+\])"><option value="(\d+)"/', $browser->html, $options, PREG_SET_ORDER);
        self::assertCount(10, $options);
        $browser->post('cart.php', array_column($options, 2, 1) + ['pid' => 1, 'hostname' => 'b.example.com']);
        self::assertStringContainsString('Thank you for your order. Overview Status Active', $browser->text());
        self::assertStringContainsString('<div class="text-center module-client-area"><p>page</p></div>', $browser->html);
        self::assertSame('client', json_decode(FakeSidecar::lastRequest()['body'], true)['caller']['kind']);
        foreach (['CreateAccount', 'VMRemove'] as $function) {
            self::assertStringContainsString('is not available', $browser->get($browser->url . "&modop=custom&a=$function")->text());
        }
        self::assertSame(404, $browser->get('clientarea.php?action=productdetails&id=9999')->status);
        self::assertStringContainsString('Virtual Machine Order Information', $browser->get('clientarea.php?action=emails')->text());
        self::assertSame(403, $browser->post('cart.php', ['pid' => 1, 'token' => 'x'])->status);
    }

    public function testAdmin_worksOnAService(): void
    {
        $service = self::devhost('order')['service_id'];
        $browser = $this->admin();
        $page = "admin/clientsservices.php?userid=1&id=$service";
        self::assertStringContainsString('B 1 A 2', $browser->get($page)->text());
        self::assertStringContainsString("Jane O'Neil", $browser->text());
        self::assertStringContainsString('completed successfully', $browser->post($page, ['modop' => 'suspend'])->text());
        self::assertStringContainsString('value="Suspended"', $browser->html);
        self::assertSame(['kind' => 'admin', 'id' => 1], json_decode(FakeSidecar::lastRequest()['body'], true)['caller']);
        self::devhost('set-addon', 'sidecar_urls', FakeSidecar::url('refusal'));
        self::assertStringContainsString('The product has no template. Choose one.', $browser->post($page, ['modop' => 'unsuspend'])->text());
        self::assertStringContainsString('Unknown module command', $browser->post($page, ['modop' => 'format'])->text());
        self::assertSame('success', $browser->post($page, ['domain' => 'c.example.com', 'password' => 'new', 'ajax' => 1])->html);
        self::assertStringContainsString('c.example.com', $browser->get($page)->html);
    }

    public function testAdmin_pressesTheModulesButtons(): void
    {
        $service = self::devhost('order')['service_id'];
        $browser = $this->admin();
        $page = "admin/clientsservices.php?userid=1&id=$service";
        preg_match_all('~name="ac" value="(\w+)".*?<button[^>]*>([^<]+)<~', $browser->get($page)->html, $found);
        self::assertSame(1, substr_count($browser->html, 'src="../modules/servers/puqProxmoxKVM/confirm.js"'));
        self::assertSame(200, (new Browser(self::$web))->get('modules/servers/puqProxmoxKVM/confirm.js')->status);
        self::assertSame(\Kvmbridge\Shim\ServerModule::table('buttons'), array_combine(array_map('html_entity_decode', $found[2]), $found[1]));
        self::assertStringContainsString('completed successfully', $browser->post($page, ['modop' => 'custom', 'ac' => 'SetCPURAM'])->text());
        self::devhost('set-addon', 'sidecar_urls', FakeSidecar::url('refusal'));
        self::assertSame('The product has no template. Choose one.',
            $browser->post($page, ['modop' => 'custom', 'ac' => 'Reinstall', 'ajax' => 1])->html);
        self::assertSame(['name' => 'Reinstall'], json_decode(FakeSidecar::lastRequest()['body'], true)['args']);
        self::assertStringContainsString('Unknown module command', $browser->get($page)->post($page, ['modop' => 'custom', 'ac' => 'ClientArea'])->text());
    }

    public function testAdmin_setsAnExistingMachineAndTerminatesIt(): void
    {
        $service = self::devhost('order')['service_id'];
        $browser = $this->admin();
        $page = "admin/clientsservices.php?userid=1&id=$service";
        $browser->get($page)->post($page, ['domain' => 'd.example.com', 'modulefields' => ['vm_id' => '4711'], 'ajax' => 1]);
        self::assertSame(['name' => 'SetVMID', 'vm_id' => 4711], json_decode(FakeSidecar::lastRequest()['body'], true)['args']);
        self::assertStringContainsString('completed successfully', $browser->get($page)->post($page, ['modop' => 'terminate'])->text());
        self::assertStringContainsString('value="Terminated"', $browser->html);
    }

    public function testClient_upgradesAndChangesThePassword(): void
    {
        $service = self::devhost('order', '--option', 'RAM=2')['service_id'];
        $browser = (new Browser(self::$web))->get('login.php')
            ->post('login.php', ['username' => 'jane@example.com', 'password' => 'client', 'goto' => 'clientarea.php']);
        $browser->get("upgrade.php?type=configoptions&id=$service");
        preg_match('~name="(configoption\[\d+\])">(?:<option[^>]*>[^<]*</option>)*?<option value="(\d+)">16 GB~', $browser->html, $ram);
        self::assertStringContainsString('selected>2 GB', $browser->html);
        $browser->post('upgrade.php', ['id' => $service, $ram[1] => $ram[2]]);
        self::assertStringContainsString('Your upgrade order has been completed.', $browser->text());
        self::assertStringContainsString("Module ChangePackage Successful - Service ID: $service",
            $this->admin()->get('admin/systemactivitylog.php')->text());
        self::assertStringContainsString('selected>16 GB', $browser->get("upgrade.php?type=configoptions&id=$service")->html);
        self::assertStringContainsString('KVM Start', $browser->get("upgrade.php?type=package&id=$service")->text());
        self::assertSame(404, $browser->get('upgrade.php?type=package&id=9999')->status);

        $page = "clientarea.php?action=productdetails&id=$service";
        $form = ['modulechangepassword' => 'true', 'newpw' => 'Brand-new 1', 'confirmpw' => 'Brand-new 1'];
        self::assertStringContainsString('completed successfully', $browser->get($page)->post($page, $form)->text());
        self::assertStringContainsString('twice', $browser->post($page, ['confirmpw' => 'x'] + $form)->text());
        self::devhost('set-addon', 'sidecar_urls', FakeSidecar::deadUrl());
        self::assertStringContainsString('may not have been changed', $browser->post($page, ['newpw' => 'b', 'confirmpw' => 'b'] + $form)->text());
        self::assertStringNotContainsString('127.0.0.1', $browser->text());
        self::assertStringContainsString('value="Brand-new 1"', $this->admin()->get("admin/clientsservices.php?id=$service")->html);
    }

    public function testUpgrade_thatFailsHasChangedTheServiceAndWaitsInTheModuleQueue(): void
    {
        $service = (string) self::devhost('order', '--option', 'RAM=2', '--option', 'IPv4 Addresses=4')['service_id'];
        self::devhost('set-addon', 'sidecar_urls', FakeSidecar::url('refusal'));
        self::assertSame('The product has no template. Choose one.', self::devhost('upgrade', $service, '--option', 'RAM=8')['result']);
        self::assertStringContainsString('RAM 8', $this->admin()->get("admin/clientsservices.php?id=$service")->text());
        $queued = $this->admin()->get('admin/modulequeue.php');
        self::assertStringContainsString("#$service ChangePackage", $queued->text());
        self::devhost('set-addon', 'sidecar_urls', FakeSidecar::url('success'));
        self::assertContains("queue: ChangePackage service $service: success", self::devhost('cron')['lines']);
        self::assertStringContainsString('IPv4 Addresses 4', $this->admin()->get("admin/clientsservices.php?id=$service")->text());
    }

    public function testCli_callsEveryCommandOfALife(): void
    {
        $service = (string) self::devhost('order')['service_id'];
        foreach ([['Start'], ['SetDNSRecords'], ['ChangePassword', 'Other-pass 3'], ['SuspendAccount'], ['UnsuspendAccount'], ['TerminateAccount']] as $call) {
            self::assertSame('success', self::devhost('call', $call[0], $service, ...array_slice($call, 1))['result']);
            $sent = json_decode(FakeSidecar::lastRequest()['body'], true);
            self::assertSame($call[1] ?? $sent['service']['password'], $sent['service']['password']);
        }
    }

    public function testDailyCron_collectsTheUsageOfServers(): void
    {
        $service = self::devhost('order', '--domain', 'use.example.com')['service_id'];
        $other = self::devhost('order', '--domain', 'unknown.example.com')['service_id'];
        $lines = self::devhost('cron', 'daily')['lines'];
        self::assertSame(['usage of server 1', 'metrics of server 1: 1 tenants'], array_slice($lines, 2, 2));
        $browser = $this->admin();
        $text = $browser->get("admin/clientsservices.php?id=$service")->text();
        self::assertMatchesRegularExpression('/Bandwidth Usage In No 1\.23 GB 20[\d-]+ [\d:]+ Bandwidth Usage Out No 0\.00 GB 20/', $text);
        self::assertStringContainsString('Bandwidth Usage In No - Never', $browser->get("admin/clientsservices.php?id=$other")->text());
        $browser->get('admin/configproducts.php?action=edit&id=1');
        $browser->post('admin/configproducts.php', ['action' => 'save', 'id' => 1, 'metrics' => ['Bandwidth Usage In'],
            'packageconfigoption' => [1 => '{"vm": {"cpu": 2}}']]);
        self::assertMatchesRegularExpression('/value="Bandwidth Usage In" checked/', $browser->html);
        $page = "admin/clientsservices.php?userid=1&id=$service";
        self::assertMatchesRegularExpression('/Usage In Yes .* Usage Out No /', $browser->get($page)->text());
        $browser->post($page, ['metrics' => 'refresh', 'ajax' => 1]);
        $sent = FakeSidecar::lastRequest();
        self::assertSame(['/success/v1/module/Usage', ['tenant' => 'use.example.com']], [$sent['path'], json_decode($sent['body'], true)['args']]);
    }

    public function testAdmin_editsTheProduct(): void
    {
        $browser = $this->admin();
        self::assertStringContainsString('<p>notes</p>', $browser->get('admin/configproducts.php?action=edit&id=1')->html);
        $browser->post('admin/configproducts.php', ['action' => 'save', 'id' => 1, 'packageconfigoption' => [1 => '{"vm": {"cpu": 2}}']]);
        self::assertStringContainsString('Changes Saved Successfully! Module Settings Product settings (JSON) {"vm": {"cpu": 2}}', $browser->text());
        $tab = json_decode($browser->get('admin/configproducts.php?action=module-settings&id=1')->html, true);
        self::assertStringContainsString('name="packageconfigoption[1]"', $tab['content']);
    }

    public function testAdmin_testsAServerWithTheValuesOfTheForm(): void
    {
        $browser = $this->admin();
        $form = ['action' => 'testconnection', 'hostname' => 'unsaved.example.com', 'password' => 'unsaved', 'secure' => 'on', 'port' => '443'];
        self::assertStringContainsString('Connection successful.', $browser->post('admin/configservers.php?id=1', $form)->text());
        $server = json_decode(FakeSidecar::lastRequest()['body'], true)['server'];
        self::assertSame(['unsaved.example.com', 'unsaved', 443, true], [$server['hostname'], $server['password'], $server['port'], $server['secure']]);
        self::devhost('set-addon', 'sidecar_urls', FakeSidecar::url('refusal'));
        self::assertStringContainsString('Connection failed. The product', $browser->post('admin/configservers.php?id=1', $form)->text());
    }

    public function testAdmin_needsTheRoleForTheAddon(): void
    {
        $browser = $this->admin();
        self::assertStringContainsString('page', $browser->get('admin/addonmodules.php?module=puq_proxmox_kvm')->text());
        self::devhost('set-addon', 'access', '2');
        self::assertSame(403, $browser->get('admin/addonmodules.php?module=puq_proxmox_kvm')->status);
        self::devhost('set-addon', 'access', '1');
        self::assertSame(404, $browser->get('admin/addonmodules.php?module=../x')->status);
        self::assertStringContainsString('login.php', (new Browser(self::$web))->get('admin/addonmodules.php?module=puq_proxmox_kvm')->url);
    }

    public function testAdmin_keepsTheSecretWhenSavingTheAddon(): void
    {
        $browser = $this->admin()->get('admin/configaddonmods.php');
        preg_match_all('/name="fields\[(\w+)\]" value="([^"]*)"/', $browser->html, $found);
        $fields = array_combine($found[1], array_map('html_entity_decode', $found[2]));
        $browser->post('admin/configaddonmods.php', ['action' => 'save', 'module' => 'puq_proxmox_kvm', 'access' => [1], 'fields' => $fields]);
        self::assertStringContainsString('Changes Saved', $browser->text());
        self::assertSame('success', self::devhost('order')['result']);
    }

    public function testLogs_showCallsWithoutSecrets(): void
    {
        self::devhost('order');
        $browser = $this->admin()->get('admin/systemmodulelog.php');
        self::assertStringContainsString('CreateAccount', $browser->text());
        self::assertStringNotContainsString('"password":"token"', $browser->text());
        self::assertStringNotContainsString(FakeSidecar::SECRET, $browser->html);
        self::assertStringContainsString('Module Create Successful', $browser->get('admin/systemactivitylog.php')->text());
        self::assertStringContainsString('Dear Jane', $browser->get('admin/systememaillog.php')->text());
        self::assertSame(200, $browser->get('admin/modulequeue.php')->status);
    }

    /** @dataProvider hiddenPaths */
    public function testRouter_hides(string $path): void
    {
        self::assertSame([404, 'Not found'], [(new Browser(self::$web))->get($path)->status, (new Browser(self::$web))->get($path)->html]);
    }

    public function hiddenPaths(): array
    {
        return [['configuration.php'], ['init.php'], ['router.php'], ['includes/functions.php'], ['bin/devhost.php'], ['crons/cron.php'],
            ['sessions/'], ['modules/servers/puqProxmoxKVM/lib/Client.php'], ['modules/servers/puqProxmoxKVM/lib/.htaccess']];
    }

    public function testCallback_worksInsideDevhost(): void
    {
        self::assertSame(405, (new Browser(self::$web))->get('modules/addons/puq_proxmox_kvm/callback.php')->status);
        $answer = (new Browser(self::$web))->post('modules/addons/puq_proxmox_kvm/callback.php', [])->html;
        self::assertSame('unknown_key', json_decode($answer, true)['code']);
    }

    /** Linked module folders: PHP's own idea of where the file is leads out of WHMCS. */
    public function testCallback_findsWhmcsFromALinkedFolder(): void
    {
        symlink(realpath(__DIR__ . '/../modules/addons/puq_proxmox_kvm'), self::$root . '/modules/addons/linked');
        try {
            $answer = (new Browser(self::$web))->post('modules/addons/linked/callback.php', [])->html;
            self::assertSame('unknown_key', json_decode($answer, true)['code']);
        } finally {
            unlink(self::$root . '/modules/addons/linked');
        }
    }

    public function testCli_saysWhatIsWrong(): void
    {
        foreach ([['frobnicate'], ['call', 'X'], ['order', '--option', 'RAM=3'], ['order', '--option', 'Colour=red'], ['order', 'x'],
            ['test-connection', '99'], ['call', 'ClientArea', '9999'], ['upgrade'], ['upgrade', '9999'],
            ['upgrade', '1', '--product', '99'], ['upgrade', '1', '--option', 'RAM=3']] as $arguments) {
            [$code, , $error] = self::execute(array_merge([self::$root . '/bin/devhost.php'], $arguments));
            self::assertNotSame(0, $code, implode(' ', $arguments));
            self::assertMatchesRegularExpression('/usage:|devhost .*: .{10,}/', $error);
        }
    }

    private function admin(): Browser
    {
        $browser = (new Browser(self::$web))->get('admin/');
        self::assertSame('admin/login.php', $browser->url);
        return $browser->post('admin/login.php', ['username' => 'admin', 'password' => 'admin']);
    }

    private static function devhost(string ...$arguments): array
    {
        return (array) json_decode(self::php(array_merge([self::$root . '/bin/devhost.php'], $arguments)), true);
    }

    private static function php(array $arguments): string
    {
        [$code, $output, $error] = self::execute($arguments);
        if ($code !== 0 || $error !== '') {
            throw new \RuntimeException(implode(' ', $arguments) . ": $error$output");
        }
        return $output;
    }

    /** @return array{0:int,1:string,2:string} exit code, standard output, standard error */
    private static function execute(array $arguments): array
    {
        $command = array_merge([PHP_BINARY, '-d', 'error_reporting=-1', '-d', 'display_errors=stderr'], $arguments);
        $process = proc_open($command, [1 => ['pipe', 'w'], 2 => ['pipe', 'w']], $pipes);
        [$output, $error] = [stream_get_contents($pipes[1]), stream_get_contents($pipes[2])];
        return [proc_close($process), $output, $error];
    }
}
