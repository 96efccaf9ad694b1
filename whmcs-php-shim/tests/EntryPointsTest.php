<?php

declare(strict_types=1);

namespace Kvmbridge\Tests;

/** Every function WHMCS calls, against every way the service can fail, with good, bad and no parameters. */
final class EntryPointsTest extends ShimTestCase
{
    private const COMMANDS = ['CreateAccount', 'SuspendAccount', 'UnsuspendAccount', 'TerminateAccount', 'ChangePackage', 'ChangePassword'];
    private const OPENAPI = __DIR__ . '/../../bridge/testdata/openapi.json';
    /** As displayed, in this order. */
    private const BUTTONS = ['Start', 'Stop', '**Reinstall', 'VMSetDedicatedIp ->', 'VMClone ->', '**Set CPU RAM ->',
        '*Set System Disk Size ->', '*Set System Disk Bandwidth ->', '*Set Created Additional Disk ->', '*Set Additional Disk Size ->',
        '*Set Additional Disk Bandwidth ->', '*Set Network ->', '*Set Firewall ->', '**SetCloudinit', '**VMRemove', 'Set DNS records',
        'Redeploy'];
    private const FAILURES = ['refusal', 'mute-refusal', 'refusal-422', 'html', 'error-500', 'success-500', 'not-json', 'scalar', 'list',
        'empty', 'redirect', 'slow', 'cut', 'huge', 'dead', 'bad-url', 'unpaired'];
    private const ODD_PARAMS = [
        'nothing' => [],
        'missing keys' => ['serviceid' => 101, 'moduletype' => 'puqProxmoxKVM'],
        'wrong types' => ['serviceid' => ['x'], 'userid' => null, 'serverport' => 'abc', 'password' => ['a'], 'domain' => false,
            'serversecure' => [], 'model' => null, 'status' => 7],
    ];

    /** @dataProvider commands */
    public function testCommand_isSuccessWhenAccepted(string $function): void
    {
        $this->sidecarIs(FakeSidecar::url('success'));
        self::assertSame('success', ("puqProxmoxKVM_$function")(self::PARAMS));
        self::assertSame("/success/v1/module/$function", FakeSidecar::lastRequest()['path']);
    }

    /** @dataProvider commandsAndFailures */
    public function testCommand_saysWhatToDoWhenNot(string $function, string $failure): void
    {
        $this->failWith($failure);
        $text = ("puqProxmoxKVM_$function")(self::PARAMS);
        self::assertSentence($text);
        self::assertStringNotContainsString(FakeSidecar::SECRET, $text);
        self::assertStringNotContainsString(self::PARAMS['password'], $text);
    }

    public function testCommand_passesOnTheServicesOwnWords(): void
    {
        $this->failWith('refusal');
        self::assertSame('The product has no template. Choose one.', puqProxmoxKVM_CreateAccount(self::PARAMS));
    }

    public function testCommand_saysThatASlowServiceMayStillDoIt(): void
    {
        $this->failWith('slow');
        $started = microtime(true);
        self::assertStringContainsString('may still carry it out', puqProxmoxKVM_CreateAccount(self::PARAMS));
        self::assertLessThan(2.5, microtime(true) - $started, 'seconds waited, with a limit of 0.4 and an answer after 3');
    }

    /** @dataProvider failures */
    public function testTestConnection_keepsItsShape(string $failure): void
    {
        $this->failWith($failure);
        $answer = puqProxmoxKVM_TestConnection(self::PARAMS);
        self::assertFalse($answer['success']);
        self::assertSentence($answer['error']);
    }

    public function testTestConnection_succeeds(): void
    {
        $this->sidecarIs(FakeSidecar::url('success'));
        self::assertSame(['success' => true, 'error' => ''], puqProxmoxKVM_TestConnection(self::PARAMS));
    }

    /** @dataProvider failures */
    public function testClientArea_tellsClientsNothingOfTheInside(string $failure): void
    {
        $this->failWith($failure);
        $html = puqProxmoxKVM_ClientArea(self::PARAMS);
        self::assertStringContainsString('temporarily unavailable', $html);
        self::assertDoesNotMatchRegularExpression('/127\.0\.0\.1|kvmbridge s|template/', $html);
    }

    public function testClientArea_printsThePage(): void
    {
        $this->sidecarIs(FakeSidecar::url('success'));
        self::assertSame('<p>page</p>', puqProxmoxKVM_ClientArea(self::PARAMS));
    }

    public function testTabFields_keepTheServicesOrder(): void
    {
        $this->sidecarIs(FakeSidecar::url('success'));
        self::assertSame(['B' => '<b>1</b>', 'A' => '2'], puqProxmoxKVM_AdminServicesTabFields(self::PARAMS));
    }

    /** @dataProvider failures */
    public function testTabFields_showStaffTheReason(string $failure): void
    {
        $this->failWith($failure);
        $fields = puqProxmoxKVM_AdminServicesTabFields(self::PARAMS);
        self::assertCount(1, $fields);
        self::assertStringContainsString('alert-danger', reset($fields));
    }

    /** @dataProvider failures */
    public function testConfigOptions_keepTheirField(string $failure): void
    {
        $this->failWith($failure);
        $_SERVER['SCRIPT_NAME'] = '/admin/configproducts.php';
        $_REQUEST = ['id' => '3', 'action' => 'edit'];
        $options = puqProxmoxKVM_ConfigOptions();
        self::assertSame(['settings'], array_keys($options));
        self::assertStringContainsString('one JSON document', $options['settings']['Description']);
        self::assertStringContainsString('alert-danger', $options['settings']['Description']);
    }

    public function testConfigOptions_showTheNotesInTheProductEditor(): void
    {
        $this->sidecarIs(FakeSidecar::url('success'));
        $_SERVER['SCRIPT_NAME'] = '/renamed/configproducts.php';
        $_REQUEST = ['id' => '3'];
        self::assertSame('<p>notes</p>', puqProxmoxKVM_ConfigOptions(['producttype' => 'server'])['settings']['Description']);
        self::assertSame(['product_id' => 3], json_decode(FakeSidecar::lastRequest()['body'], true)['args']);
    }

    public function testConfigOptions_askNobodyElsewhere(): void
    {
        $this->sidecarIs(FakeSidecar::url('success'));
        foreach ([['/admin/configproducts.php', ['id' => '3', 'action' => 'save']], ['/admin/configproducts.php', ['id' => 'x']],
            ['/crons/cron.php', ['id' => '3']]] as [$script, $request]) {
            $_SERVER['SCRIPT_NAME'] = $script;
            $_REQUEST = $request;
            self::assertStringContainsString('JSON', puqProxmoxKVM_ConfigOptions()['settings']['Description']);
        }
        self::assertNull(FakeSidecar::lastRequest());
    }

    public function testConfigOptions_defaultIsValidJson(): void
    {
        $default = json_decode(puqProxmoxKVM_ConfigOptions()['settings']['Default'], true);
        self::assertArrayHasKey('vm', $default);
    }

    public function testMetaData_isPureAndRequiresAServer(): void
    {
        $meta = puqProxmoxKVM_MetaData();
        self::assertSame([true, '8006', 'Proxmox KVM (kvmbridge)'], [$meta['RequiresServer'], $meta['DefaultSSLPort'], $meta['DisplayName']]);
        self::assertNull(FakeSidecar::lastRequest());
    }

    public function testAdminButtons_needNoService(): void
    {
        self::assertSame(self::BUTTONS, array_keys(puqProxmoxKVM_AdminCustomButtonArray()));
        self::assertNull(FakeSidecar::lastRequest());
    }

    /** The contract's names are the functions of the buttons and what the page does besides. */
    public function testAdminButtons_areTheContractsNames(): void
    {
        $contract = json_decode((string) file_get_contents(self::OPENAPI), true);
        $names = $contract['components']['schemas']['CommandArgs']['properties']['name']['enum'];
        self::assertSame($names, array_merge(array_values(puqProxmoxKVM_AdminCustomButtonArray()), ['SetVMID']));
    }

    /** @dataProvider buttons */
    public function testButton_sendsItsOwnName(string $function): void
    {
        $this->sidecarIs(FakeSidecar::url('success'));
        self::assertSame('success', ("puqProxmoxKVM_$function")(self::PARAMS));
        $this->assertSent('/success/v1/module/Command', ['name' => $function]);
    }

    /** @dataProvider buttonsAndFailures */
    public function testButton_saysWhatToDoWhenNot(string $function, string $failure): void
    {
        $this->failWith($failure);
        $text = ("puqProxmoxKVM_$function")(self::PARAMS);
        self::assertSentence($text);
        self::assertStringNotContainsString(FakeSidecar::SECRET, $text);
    }

    public function testSave_setsAnExistingMachine(): void
    {
        $this->sidecarIs(FakeSidecar::url('success'));
        $_POST['modulefields'] = ['vm_id' => '4711'];
        puqProxmoxKVM_AdminServicesTabFieldsSave(self::PARAMS);
        $this->assertSent('/success/v1/module/Command', ['name' => 'SetVMID', 'vm_id' => 4711]);
    }

    /** @dataProvider noMachines */
    public function testSave_asksNobodyWithoutAnId($fields): void
    {
        $this->sidecarIs(FakeSidecar::url('success'));
        $_POST = $fields;
        puqProxmoxKVM_AdminServicesTabFieldsSave(self::PARAMS);
        self::assertNull(FakeSidecar::lastRequest());
    }

    public function noMachines(): array
    {
        return ['nothing' => [[]], 'empty' => [['modulefields' => ['vm_id' => '']]], 'words' => [['modulefields' => ['vm_id' => '1 or 2']]],
            'a list' => [['modulefields' => ['vm_id' => ['4711']]]], 'a text' => [['modulefields' => '4711']]];
    }

    /** @dataProvider failures */
    public function testSave_isSilent(string $failure): void
    {
        $this->failWith($failure);
        $_POST['modulefields'] = ['vm_id' => '4711'];
        $this->expectOutputString('');
        puqProxmoxKVM_AdminServicesTabFieldsSave(self::PARAMS);
        self::assertStringContainsString($failure === 'slow' ? 'gave no answer' : 'Command', $this->moduleLog());
    }

    /**
     * WHMCS shows the answer of this one in the client area.
     *
     * @runInSeparateProcess
     * @dataProvider failures
     */
    public function testChangePassword_tellsClientsNothingOfTheInside(string $failure): void
    {
        define('CLIENTAREA', true);
        $this->failWith($failure);
        $text = puqProxmoxKVM_ChangePassword(self::PARAMS);
        self::assertSentence($text);
        strpos($failure, 'refusal') === false
            ? self::assertStringContainsString('may not have been changed', $text)
            : self::assertStringNotContainsString('may not', $text);
    }

    /** @dataProvider oddities */
    public function testEverything_survivesOddParameters(string $behaviour, array $params): void
    {
        $this->failWith($behaviour);
        foreach (array_merge(self::COMMANDS, ['Start', 'SetDNSRecords']) as $function) {
            $result = ("puqProxmoxKVM_$function")($params);
            $behaviour === 'dead' ? self::assertStringContainsString('cannot be reached', $result) : self::assertSame('success', $result);
        }
        self::assertIsBool(puqProxmoxKVM_TestConnection($params)['success']);
        self::assertIsArray(puqProxmoxKVM_AdminServicesTabFields($params));
        self::assertIsString(puqProxmoxKVM_ClientArea($params));
        self::assertIsArray(puqProxmoxKVM_ConfigOptions($params));
        self::assertCount(count(self::BUTTONS), puqProxmoxKVM_AdminCustomButtonArray($params));
        puqProxmoxKVM_AdminServicesTabFieldsSave($params);
    }

    public function testHook_letsDestructiveButtonsAskOnTheServicePageOnly(): void
    {
        require_once __DIR__ . '/../modules/servers/puqProxmoxKVM/hooks.php';
        foreach (['clientsservices' => 1, 'clientsservices.php' => 1, 'clientsprofile' => 0, '' => 0] as $file => $scripts) {
            self::assertSame($scripts, substr_count(implode('', run_hook('AdminAreaFooterOutput', ['filename' => $file])), 'confirm.js'), $file);
        }
        self::assertSame([''], run_hook('AdminAreaFooterOutput', []));
        $script = (string) file_get_contents(__DIR__ . '/../modules/servers/puqProxmoxKVM/confirm.js');
        foreach (['**Reinstall', '**VMRemove', 'Redeploy'] as $label) {
            self::assertContains($label, self::BUTTONS);
            self::assertStringContainsString("'$label': '", $script);
        }
    }

    public function testHook_isSilentWhateverHappens(): void
    {
        require_once __DIR__ . '/../modules/servers/puqProxmoxKVM/hooks.php';
        foreach (['success', 'dead', 'html', 'unpaired'] as $behaviour) {
            $this->failWith($behaviour);
            run_hook('AfterCronJob', []);
        }
        $this->sidecarIs(FakeSidecar::url('success'));
        run_hook('AfterCronJob', []);
        self::assertSame('/success/v1/outbox/deliver', FakeSidecar::lastRequest()['path']);
    }

    public function testEverything_survivesADatabaseThatIsGone(): void
    {
        \WHMCS\Database\Capsule::$fault = new \PDOException('MySQL server has gone away.');
        self::assertSame('MySQL server has gone away.', puqProxmoxKVM_CreateAccount(self::PARAMS));
        self::assertStringContainsString('unavailable', puqProxmoxKVM_ClientArea(self::PARAMS));
    }

    public function commands(): array
    {
        return array_map(static function (string $name): array {
            return [$name];
        }, array_combine(self::COMMANDS, self::COMMANDS));
    }

    public function failures(): array
    {
        return array_map(static function (string $name): array {
            return [$name];
        }, array_combine(self::FAILURES, self::FAILURES));
    }

    public function commandsAndFailures(): array
    {
        return self::inTurn(self::COMMANDS);
    }

    public function buttons(): array
    {
        $functions = array_values(\Kvmbridge\Shim\ServerModule::table('buttons'));
        return array_combine($functions, array_chunk($functions, 1));
    }

    public function buttonsAndFailures(): array
    {
        return self::inTurn(array_values(\Kvmbridge\Shim\ServerModule::table('buttons')));
    }

    /** Each failure with one function in turn: all go the same way, and slow ones cost time. */
    private static function inTurn(array $functions): array
    {
        $cases = [];
        foreach (self::FAILURES as $n => $failure) {
            $function = $functions[$n % count($functions)];
            $cases["$function, $failure"] = [$function, $failure];
        }
        return $cases;
    }

    private function assertSent(string $path, array $args): void
    {
        $request = FakeSidecar::lastRequest();
        self::assertSame([$path, $args], [$request['path'], json_decode($request['body'], true)['args']]);
    }

    public function oddities(): array
    {
        $cases = [];
        foreach (['success', 'bare', 'odd-data', 'dead'] as $behaviour) {
            foreach (self::ODD_PARAMS as $name => $params) {
                $cases["$behaviour, $name"] = [$behaviour, $params];
            }
        }
        return $cases;
    }

    private function failWith(string $failure): void
    {
        switch ($failure) {
            case 'dead':
                $this->sidecarIs(FakeSidecar::deadUrl());
                break;
            case 'bad-url':
                $this->sidecarIs('ftp://127.0.0.1');
                break;
            case 'unpaired':
                $this->sidecarIs(FakeSidecar::url('success'), ['secret' => '']);
                break;
            default:
                $this->sidecarIs(FakeSidecar::url($failure), $failure === 'slow' ? ['total_timeout' => '0.4'] : []);
        }
    }
}
