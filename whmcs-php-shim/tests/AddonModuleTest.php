<?php

declare(strict_types=1);

namespace Kvmbridge\Tests;

use WHMCS\Database\Capsule;

final class AddonModuleTest extends ShimTestCase
{
    public function testConfig_declaresEveryFieldWhole(): void
    {
        $config = puq_proxmox_kvm_config();
        self::assertSame('Proxmox KVM (kvmbridge)', $config['name']);
        self::assertSame(['sidecar_urls', 'connect_timeout', 'total_timeout', 'secret', 'secret_next', 'callback_url', 'api_admin',
            'dns_addresses', 'dns_token', 'alarm_minutes', 'delete_tables'], array_keys($config['fields']));
        foreach ($config['fields'] as $field) {
            self::assertSame(['Size', 'FriendlyName', 'Type', 'Default', 'Description'], array_keys($field));
        }
        self::assertSame(['password', 'password'], [$config['fields']['secret']['Type'], $config['fields']['dns_token']['Type']]);
    }

    public function testActivate_createsASecretOnceAndForAll(): void
    {
        $this->sidecarIs(FakeSidecar::deadUrl(), ['secret' => '']);
        $result = puq_proxmox_kvm_activate();
        self::assertSame('info', $result['status']);
        self::assertStringContainsString('kvmbridge serve --whmcs ' . ROOTDIR, $result['description']);
        $secret = $this->setting('secret');
        self::assertMatchesRegularExpression('/^[0-9a-f]{64}$/', $secret);
        puq_proxmox_kvm_activate();
        self::assertSame($secret, $this->setting('secret'));
    }

    public function testActivate_createsTheRowOnAnEmptyTable(): void
    {
        puq_proxmox_kvm_activate();
        self::assertMatchesRegularExpression('/^[0-9a-f]{64}$/', $this->setting('secret'));
    }

    public function testActivate_asksTheServiceToMigrate(): void
    {
        $this->sidecarIs(FakeSidecar::url('success'));
        self::assertSame('success', puq_proxmox_kvm_activate()['status']);
        self::assertSame('/success/v1/addon/Activate', FakeSidecar::lastRequest()['path']);
    }

    public function testActivate_failsOnlyWhenTheSecretCannotBeStored(): void
    {
        Capsule::$fault = new \PDOException('read only');
        $result = puq_proxmox_kvm_activate();
        self::assertSame('error', $result['status']);
        self::assertStringContainsString('read only', $result['description']);
    }

    /** @dataProvider deactivations */
    public function testDeactivate(string $behaviour, string $drop, string $status, string $words): void
    {
        $this->sidecarIs($behaviour === 'dead' ? FakeSidecar::deadUrl() : FakeSidecar::url($behaviour), ['delete_tables' => $drop]);
        $result = puq_proxmox_kvm_deactivate();
        self::assertSame($status, $result['status']);
        self::assertStringContainsString($words, $result['description']);
        if ($behaviour === 'success') {
            self::assertSame(['drop_tables' => $drop === 'on'], json_decode(FakeSidecar::lastRequest()['body'], true)['args']);
        }
    }

    public function deactivations(): array
    {
        return [
            'keeping' => ['success', '', 'success', 'Deactivated.'],
            'dropping' => ['success', 'on', 'success', 'Deactivated.'],
            'keeping without the service' => ['dead', '', 'success', 'kept'],
            'dropping without the service' => ['dead', 'on', 'error', 'could not be dropped'],
            'dropping refused' => ['refusal', 'on', 'error', 'Choose one.'],
        ];
    }

    public function testUpgrade_saysFromWhere(): void
    {
        $this->sidecarIs(FakeSidecar::url('success'));
        puq_proxmox_kvm_upgrade(['version' => '0.0.9']);
        self::assertSame(['from' => '0.0.9'], json_decode(FakeSidecar::lastRequest()['body'], true)['args']);
    }

    public function testUpgrade_survivesMissingKeysAndADeadService(): void
    {
        $this->sidecarIs(FakeSidecar::deadUrl());
        puq_proxmox_kvm_upgrade([]);
        self::assertStringContainsString('Upgrade', $this->moduleLog());
    }

    public function testOutput_printsThePage(): void
    {
        $this->sidecarIs(FakeSidecar::url('success'));
        [$_SERVER['REQUEST_METHOD'], $_SERVER['QUERY_STRING'], $_SESSION['adminid']] = ['GET', 'page=log&name=a%26b', 7];
        $this->expectOutputString('<p>page</p>');
        puq_proxmox_kvm_output(['modulelink' => 'x']);
        $args = json_decode(FakeSidecar::lastRequest()['body'], true)['args'];
        self::assertSame(['x', 'page=log&name=a%26b', false, ''], [$args['link'], $args['query'], $args['post'], $args['form']]);
        self::assertMatchesRegularExpression('/^[0-9a-f]{64}$/', $args['token']);
        self::assertStringNotContainsString($args['token'], $this->moduleLog());
    }

    public function testOutput_takesNoFormWithoutTheTokenOfTheSession(): void
    {
        $this->sidecarIs(FakeSidecar::url('success'));
        [$_SERVER['REQUEST_METHOD'], $_SESSION['adminid']] = ['POST', 7];
        $this->expectOutputRegex('/alert-danger.*did not come from a page of your present session/');
        puq_proxmox_kvm_output(['modulelink' => 'x']);
        self::assertNull(FakeSidecar::lastRequest());
        self::assertSame(403, http_response_code());
    }

    /** @dataProvider failures */
    public function testOutput_tellsHowToStartTheService(string $behaviour): void
    {
        $slow = $behaviour === 'slow' ? ['total_timeout' => '0.4'] : [];
        $this->sidecarIs($behaviour === 'dead' ? FakeSidecar::deadUrl() : FakeSidecar::url($behaviour), $slow);
        $this->expectOutputRegex('/alert-danger/');
        puq_proxmox_kvm_output([]);
    }

    public function failures(): array
    {
        return ['dead' => ['dead'], 'html' => ['html'], 'slow' => ['slow'], '500' => ['error-500'], 'refusal' => ['refusal']];
    }

    private function setting(string $name): string
    {
        return (string) Capsule::table('tbladdonmodules')->where('module', 'puq_proxmox_kvm')->where('setting', $name)->value('value');
    }
}
