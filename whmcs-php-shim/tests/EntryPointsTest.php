<?php

declare(strict_types=1);

namespace Kvmbridge\Tests;

/** Every function WHMCS calls, against every way the service can fail, with good, bad and no parameters. */
final class EntryPointsTest extends ShimTestCase
{
    private const COMMANDS = ['CreateAccount', 'SuspendAccount', 'UnsuspendAccount'];
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

    public function testAdminButtons_areNoneYet(): void
    {
        self::assertSame([], puqProxmoxKVM_AdminCustomButtonArray());
    }

    /** @dataProvider oddities */
    public function testEverything_survivesOddParameters(string $behaviour, array $params): void
    {
        $this->failWith($behaviour);
        foreach (self::COMMANDS as $function) {
            $result = ("puqProxmoxKVM_$function")($params);
            $behaviour === 'dead' ? self::assertStringContainsString('cannot be reached', $result) : self::assertSame('success', $result);
        }
        self::assertIsBool(puqProxmoxKVM_TestConnection($params)['success']);
        self::assertIsArray(puqProxmoxKVM_AdminServicesTabFields($params));
        self::assertIsString(puqProxmoxKVM_ClientArea($params));
        self::assertIsArray(puqProxmoxKVM_ConfigOptions($params));
        self::assertSame([], puqProxmoxKVM_AdminCustomButtonArray($params));
    }

    public function testHook_isSilentWhateverHappens(): void
    {
        require __DIR__ . '/../modules/servers/puqProxmoxKVM/hooks.php';
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
        $cases = [];
        foreach (self::FAILURES as $n => $failure) {
            // One command in turn: all three go the same way, and slow ones cost time.
            $function = self::COMMANDS[$n % count(self::COMMANDS)];
            $cases["$function, $failure"] = [$function, $failure];
        }
        return $cases;
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
