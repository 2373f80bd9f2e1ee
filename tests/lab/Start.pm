# The start of a container as `pct start` does it: the order of the steps, the texts, and what is left of a failure. It is for
# containers with `rootfs: local:…`, under `on-node`. The lab's bridge does not exist: `vmbr0` always passes. Also the pre-start
# hook: `perl Start.pm ID`.
package Start;
use strict;
use warnings;

use File::Basename ();
use File::Path ();

use POSIX ();

exit hook(@ARGV) unless caller;

# The steps before lxc-start. Dies with the status of the task.
sub prepare {
    my ($vmid, $conf, $say) = @_;
    die "missing 'arch' - internal error at /usr/share/perl5/PVE/LXC.pm line 700.\n" if !$conf->{arch};
    die "Quotas are not supported by unprivileged containers.\n" if $conf->{unprivileged} && $conf->{rootfs} =~ /quota=1/;
    for my $device (numbered($conf, 'dev')) {
        my ($path) = $device->[1] =~ /^([^,]+)/;
        die "Device $path does not exist\n" if !-e "$path";
        die "$path is not a device\n" if !-b "$path" && !-c "$path";
    }
    for my $net (numbered($conf, 'net')) {
        my ($bridge) = $net->[1] =~ /bridge=([^,]+)/ or next;
        die "bridge '$bridge' does not exist\n" if $bridge ne 'vmbr0' && !-d "/sys/class/net/$bridge";
        my ($mtu) = $net->[1] =~ /mtu=(\d+)/ or next;
        my $most = $bridge eq 'vmbr0' ? 1500 : slurp("/sys/class/net/$bridge/mtu") + 0;
        die "$net->[0]: MTU size '$mtu' is bigger than bridge MTU '$most'\n" if $mtu > $most;
    }
    my %storage = storages();
    for my $key ('rootfs', map { $_->[0] } numbered($conf, 'mp')) {
        my ($volume) = $conf->{$key} =~ /^(?:volume=)?([^,]+)/;
        next if $volume =~ m{^/};
        my ($id, $name) = split /:/, $volume, 2;
        my $storage = $storage{$id} or die "storage '$id' does not exist\n";
        die "storage '$id' is disabled\n" if exists $storage->{disable};
        die "storage '$id' is not available on node 'pve1'\n" if $storage->{nodes} && $storage->{nodes} !~ /\bpve1\b/;
        die "unable to activate storage '$id' - directory is expected to be a mount point but is not mounted: '$storage->{path}'\n"
            if $storage->{is_mountpoint} && system('mountpoint', '-q', "$storage->{path}") != 0;
        die "volume '$volume' does not exist\n" if !-e "$storage->{path}/images/$name";
    }
    unlink errors($vmid);
    if (my $script = $conf->{hookscript}) {
        my ($path) = map {"/var/lib/vz/$_"} $script =~ /:(.*)/;
        die "hookscript error for $vmid on pre-start: script '$path' does not exist\n" if !-e $path;
        die "hookscript error for $vmid on pre-start: script '$path' is not executable\n" if !-x $path;
        my $output = qx{"$path" $vmid pre-start 2>&1};
        $say->($output);
        die sprintf "hookscript error for %s on pre-start: command '%s %s pre-start' failed: exit code %d\n", $vmid, $path, $vmid, $? >> 8 if $?;
    }
}

# Runs lxc-start as the unit pve-container@ID does, until the container runs or lxc-start ends.
sub lxc_start {
    my ($vmid, $conf, $say, $running) = @_;
    my $config = "/var/lib/lxc/$vmid/config.start";
    my $lines = slurp("/var/lib/lxc/$vmid/config");
    my $own = $lines =~ /lxc\.idmap/ ? grep({ $_->[0] eq 'lxc.idmap' } @{ $conf->{lxc} // [] }) : 0;
    $lines =~ s/^lxc\.idmap.*\n//gm if $own;
    $lines .= "lxc.monitor.unshare = 1\nlxc.hook.pre-start = $^X " . __FILE__ . " $vmid\n";
    $lines .= "lxc.init.cmd = $conf->{entrypoint}\n" if $conf->{entrypoint};
    $lines .= "lxc.cgroup.memory.limit_in_bytes = " . $conf->{memory} * 1048576 . "\n" if $conf->{memory} && $conf->{memory} < 64;
    $lines .= "lxc.rootfs.options = $1\n" if $conf->{rootfs} =~ /mountoptions=([a-z;]+)/;
    $lines .= "$_->[0] = $_->[1]\n" for @{ $conf->{lxc} // [] };
    spew($config, $lines);

    File::Path::make_path("/run/pve");
    my $errors = errors($vmid);
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        POSIX::setsid();
        open STDIN,  '<', '/dev/null';
        open STDOUT, '>', '/dev/null';
        open STDERR, '>', $errors or die;
        exec 'lxc-start', '-F', '-n', $vmid, '-f', $config or die;
    }
    my $ended;
    for (1 .. 600) {
        $ended = waitpid($pid, POSIX::WNOHANG()) == $pid;
        last if $ended || $running->($vmid) && qx{lxc-info -n $vmid -s -H} =~ /RUNNING/;
        select undef, undef, undef, 0.05;
    }
    my $words = slurp($errors);
    if ($words =~ /Failed to load config/) {
        $say->("problem with monitor socket, but continuing anyway: got timeout\n");
        die "command 'lxc-info -n $vmid -p' failed: exit code 1\n";
    }
    if ($ended) {
        $say->("$_\n") for grep { !/tools\/lxc_start/ } map {s/^lxc-start: \Q$vmid\E: [^ ]*: //r} grep { !/lxc_start\.c/ } split /\n/, $words;
        die "unable to get PID for CT $vmid (not running?)\n" if $words !~ /Failed to (?:spawn|initialize) container/;
        die "startup for container '$vmid' failed\n";
    }
    for (1 .. 20) {
        die "unable to get PID for CT $vmid (not running?)\n" if waitpid($pid, POSIX::WNOHANG()) == $pid;
        select undef, undef, undef, 0.05;
    }
}

# The pre-start hook: mounts, detects the distribution, writes. Its exit statuses are those of Proxmox VE's.
sub hook {
    my ($vmid) = @_;
    my $root = "/var/lib/lxc/$vmid/rootfs";
    my %conf = map { /^([a-z]+\d*): (.*)/ ? ($1 => $2) : () } split /\n/, slurp("/etc/pve/nodes/pve1/lxc/$vmid.conf") =~ s/^\[.*//msr;
    my ($volume) = $conf{rootfs} =~ /^local:([^,]+)/;
    if ($volume =~ /\.raw$/) {
        system('mount', '-o', 'loop', "/var/lib/vz/images/$volume", $root) == 0 or return 255;
    }
    system('mount', '-o', 'bind', $root, $root) == 0 && system('mount', '-o', 'remount,bind,ro', $root) == 0 or return 255
        if $conf{rootfs} =~ /\bro=1/;
    for my $mount (numbered(\%conf, 'mp')) {
        my ($source, $target) = $mount->[1] =~ m{^(/[^,]+).*?mp=([^,]+)} or next;
        return refuse(2, "directory '$source' does not exist") if !-d "$source";
        my $path = $root;
        for my $name (grep {length} split m{/}, $target) {
            $path .= "/$name";
            return refuse(20, "symlink encountered at: /$path") if -l $path || -e $path && !-d $path;
            mkdir $path;
        }
        system('mount', '--bind', "$source", $path) == 0 or return 255;
    }
    if (($conf{ostype} // '') ne 'unmanaged') {
        my ($id) = (eval { slurp("$root/etc/os-release") } // "ID=unmanaged\n") =~ /^ID="?([^"\n]+)/m;
        return refuse(2, 'unable to detect OS distribution') if $id !~ /^(?:debian|ubuntu|alpine|unmanaged)$/;
    }
    for my $file (qw(fastboot etc/hosts)) {
        open my $out, '>', "$root/$file.tmp.1" or return refuse(1, "unable to open file '/$file.tmp.1' - $!");
        (print {$out} "127.0.0.1 localhost\n") && close $out or return refuse(1, "write '/$file.tmp.1' failed: $!");
        rename "$root/$file.tmp.1", "$root/$file" or return refuse(1, "close (rename) atomic file '/$file' failed: $!");
    }
    return 0;
}

sub refuse { my ($status, $text) = @_; print STDERR "$text\n"; return $status }

sub errors { return "/run/pve/ct-$_[0].stderr" }

sub numbered {
    my ($conf, $prefix) = @_;
    return map { [ $_, $conf->{$_} ] } sort grep {/^$prefix\d+$/} keys %$conf;
}

sub storages {
    my $text = eval { slurp("/etc/pve/storage.cfg") } // "dir: local\n\tpath /var/lib/vz\n";
    my (%all, $current);
    for (split /\n/, $text) {
        if (/^(\w+): (\S+)/) { $current = $all{$2} = {} }
        elsif (/^\s+(\S+)(?:\s+(.*))?/) { $current->{$1} = $2 }
    }
    return %all;
}

sub slurp { open my $in, '<', $_[0] or die "$_[0]: $!\n"; local $/; return scalar <$in> // '' }
sub spew { open my $out, '>', $_[0] or die "$_[0]: $!\n"; print {$out} $_[1]; close $out }

1;
