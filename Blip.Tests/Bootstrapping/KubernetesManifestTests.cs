using Blip.Bootstrapping.Submitting;
using k8s;
using k8s.Models;

namespace Blip.Tests.Bootstrapping;

/// <summary>The manifest, read back by the official client, which refuses unknown fields.</summary>
public class KubernetesManifestTests
{
    private static readonly string[] Awkward =
    [
        "--output", "-", "- a", "a: b", "a:b", "#comment", "it's \"quoted\"", "back\\slash\\n", "two\nlines\r\n", "\ttab", "", " spaces ",
        "caf\u00e9 \u732b \ud83d\udc31", "$HOME", "$(JOB_COMPLETION_INDEX)", "$$", "100%", "{a}", "[b]", "&a", "*a", "!tag", "|", ">",
        "null", "true", "0x10", "1e3", "2001-01-01", "\u0085\u2028\u007f\ufeff\u0001",
        "/data/{00000..00123}.tar", "@at", "`tick`", "?", "~",
    ];

    private static readonly KubernetesManifest Plain = new()
    {
        Name = "blip-bootstrap",
        Image = "registry.example/blip:1.0",
        Arguments = ["bootstrap", "run", "/data", "--output", "/out"],
        ShardCount = 8,
    };

    [Fact]
    public void Every_field_is_known_to_the_client_and_says_what_was_asked_for()
    {
        var job = Read(Plain with
        {
            Namespace = "vision",
            ShardsPerTask = 3,
            Parallelism = 2,
            FailuresPerIndex = 4,
            Cpu = "4",
            Memory = "8Gi",
            Gpus = 1,
            UserId = 1234,
            GracePeriod = TimeSpan.FromSeconds(90),
            Volumes = [new("models", "/models", ReadOnly: true), new("out", "/out")],
        });
        var spec = job.Spec;
        Assert.Equal(("batch/v1", "Job"), (job.ApiVersion, job.Kind));
        Assert.Equal(("blip-bootstrap", "vision"), (job.Metadata.Name, job.Metadata.NamespaceProperty));
        Assert.Equal(("Indexed", 3, 2, 4), (spec.CompletionMode, spec.Completions, spec.Parallelism, spec.BackoffLimitPerIndex));
        var pod = job.Spec.Template.Spec;
        Assert.Equal(("Never", 90L), (pod.RestartPolicy, pod.TerminationGracePeriodSeconds));
        var security = pod.SecurityContext;
        Assert.Equal((true, 1234L, 1234L, 1234L), (security.RunAsNonRoot, security.RunAsUser, security.RunAsGroup, security.FsGroup));
        var container = Assert.Single(pod.Containers);
        Assert.Equal(("registry.example/blip:1.0", false), (container.Image, container.SecurityContext.AllowPrivilegeEscalation));
        Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
        Assert.Equal(["blip"], container.Command);
        Assert.Equal(["bootstrap", "run", "/data", "--output", "/out", "--from", "k8s", "--shards-per-task", "3"], container.Args);
        Assert.Equal([("JOB_COMPLETIONS", "3")], container.Env.Select(variable => (variable.Name, variable.Value)));
        Assert.Equal(["cpu: 4"], container.Resources.Requests.Select(entry => $"{entry.Key}: {entry.Value}"));
        Assert.Equal(["memory: 8Gi", "nvidia.com/gpu: 1"], container.Resources.Limits.Select(entry => $"{entry.Key}: {entry.Value}"));
        var claims = pod.Volumes.ToDictionary(volume => volume.Name, volume => volume.PersistentVolumeClaim);
        var mounts = container.VolumeMounts.Select(
            mount => (claims[mount.Name].ClaimName, mount.MountPath, mount.ReadOnlyProperty == true));
        Assert.Equal([("models", "/models", true), ("out", "/out", false)], mounts);
        Assert.Equal([true, false], claims.Values.Select(claim => claim.ReadOnlyProperty == true));
    }

    [Fact]
    public void A_pod_stopped_by_a_signal_does_not_count_and_wrong_arguments_end_the_job()
    {
        var rules = Read(Plain).Spec.PodFailurePolicy.Rules;
        Assert.Equal(["Ignore", "Ignore", "FailJob"], rules.Select(rule => rule.Action));
        Assert.Equal(("In", 75), (rules[0].OnExitCodes.OperatorProperty, Assert.Single(rules[0].OnExitCodes.Values)));
        Assert.Equal(("DisruptionTarget", "True"), (rules[1].OnPodConditions[0].Type, rules[1].OnPodConditions[0].Status));
        Assert.Equal(("In", 2), (rules[2].OnExitCodes.OperatorProperty, Assert.Single(rules[2].OnExitCodes.Values)));
    }

    [Fact]
    public void Arguments_arrive_as_they_are()
    {
        var container = Assert.Single(Read(Plain with { Command = Awkward, Arguments = Awkward }).Spec.Template.Spec.Containers);
        Assert.Equal(Awkward, container.Command.Select(Expand));
        Assert.Equal(Awkward, container.Args.SkipLast(4).Select(Expand));
    }

    [Fact]
    public void What_is_not_asked_for_is_not_there()
    {
        var job = Read(Plain with { ShardCount = 1, Parallelism = 100 });
        var pod = job.Spec.Template.Spec;
        Assert.Equal((null, 1, 1), (job.Metadata.NamespaceProperty, job.Spec.Completions, job.Spec.Parallelism));
        Assert.Null(pod.Volumes);
        Assert.Null(pod.Containers[0].VolumeMounts);
        Assert.Null(pod.Containers[0].Resources);
    }

    [Fact]
    public void Mistakes_are_told()
    {
        Tells("'Blip' is no name for a Kubernetes job", Plain with { Name = "Blip" });
        Tells("is no name for a Kubernetes job", Plain with { Name = new string('a', 53) });
        Tells("There are no shards", Plain with { ShardCount = 0 });
        Tells("0 shards per task: give 1 or more.", Plain with { ShardsPerTask = 0 });
        Tells("0 pods at a time: give 1 or more.", Plain with { Parallelism = 0 });
        Tells("-1 failures per index: give 0 or more.", Plain with { FailuresPerIndex = -1 });
        Tells("0 as a user: give 1 or more.", Plain with { UserId = 0 });
        Tells("The volume data cannot be mounted at 'data'", Plain with { Volumes = [new("data", "data")] });
        Tells("no valid Unicode", Plain with { Arguments = ["\ud83d"] });
    }

    private static V1Job Read(KubernetesManifest manifest) => KubernetesYaml.Deserialize<V1Job>(manifest.Write(), strict: true);

    // As Kubernetes does, where no variable is named: two dollar signs are one.
    private static string Expand(string argument)
    {
        Assert.DoesNotMatch(@"(?<!\$)(\$\$)*\$\(", argument);
        return argument.Replace("$$", "$", StringComparison.Ordinal);
    }

    private static void Tells(string message, KubernetesManifest manifest) =>
        Assert.Contains(message, Assert.Throws<ShardSubmissionException>(() => manifest.Write()).Message, StringComparison.Ordinal);
}
