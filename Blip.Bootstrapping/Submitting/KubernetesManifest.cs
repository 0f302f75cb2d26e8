using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Blip.Bootstrapping.Queues;

namespace Blip.Bootstrapping.Submitting;

/// <summary>A Kubernetes Indexed Job for shards: each index has a block. It needs Kubernetes 1.29.</summary>
public sealed partial record KubernetesManifest
{
    // Names of pods and hosts consist of the job's and an index.
    private const int MaxNameLength = 52;

    /// <summary>The job's name: lower-case letters, digits and hyphens.</summary>
    public required string Name { get; init; }

    /// <summary>The namespace; null for kubectl's.</summary>
    public string? Namespace { get; init; }

    /// <summary>The container image with <c>blip</c>.</summary>
    public required string Image { get; init; }

    /// <summary>The program in the image.</summary>
    public IReadOnlyList<string> Command { get; init; } = ["blip"];

    /// <summary>The program's arguments. <c>--from k8s --shards-per-task K</c> is appended.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>The number of shards.</summary>
    public required int ShardCount { get; init; }

    /// <summary>Shards of an index.</summary>
    public int ShardsPerTask { get; init; } = 1;

    /// <summary>The most concurrent pods.</summary>
    public int Parallelism { get; init; } = 1;

    /// <summary>Allowed failures of an index. Pods stopped by a signal or evicted do not count.</summary>
    public int FailuresPerIndex { get; init; } = 3;

    /// <summary>Persistent volume claims for models, sources and output.</summary>
    public IReadOnlyList<KubernetesVolume> Volumes { get; init; } = [];

    /// <summary>A pod's CPU request: <c>4</c> or <c>500m</c>; null for none.</summary>
    public string? Cpu { get; init; }

    /// <summary>A pod's memory request and limit: <c>8Gi</c>; null for none.</summary>
    public string? Memory { get; init; }

    /// <summary>NVIDIA GPUs of a pod.</summary>
    public int Gpus { get; init; }

    /// <summary>Time for a pod to end after a stop signal.</summary>
    public TimeSpan GracePeriod { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>The user and group of the pods and their files.</summary>
    public int UserId { get; init; } = 1000;

    /// <summary>Writes the manifest as YAML.</summary>
    /// <exception cref="ShardSubmissionException">An option is invalid.</exception>
    public string Write()
    {
        Check();
        var completions = Math.Max(1, ((ShardCount - 1) / ShardsPerTask) + 1);
        var yaml = new StringBuilder();
        WriteJob(new(yaml), completions);
        return yaml.ToString();
    }

    private void Check()
    {
        if (Name.Length > MaxNameLength || !DnsLabel().IsMatch(Name))
        {
            throw new ShardSubmissionException(
                $"'{Name}' is no name for a Kubernetes job: use small letters, digits and hyphens, {MaxNameLength} characters at most.");
        }
        if (ShardCount < 1)
            throw new ShardSubmissionException("There are no shards: there is nothing to submit.");
        foreach (var (number, what, least) in new[]
        {
            (ShardsPerTask, "shards per task", 1), (Parallelism, "pods at a time", 1), (FailuresPerIndex, "failures per index", 0),
            (Gpus, "GPUs", 0), (UserId, "as a user", 1),
        })
        {
            if (number < least)
                throw new ShardSubmissionException($"{number} {what}: give {least} or more.");
        }
        if (Volumes.FirstOrDefault(volume => !volume.MountPath.StartsWith('/') || volume.MountPath.Contains(':')) is { } wrong)
        {
            throw new ShardSubmissionException(
                $"The volume {wrong.Claim} cannot be mounted at '{wrong.MountPath}': give an absolute path without a colon.");
        }
    }

    private void WriteJob(YamlWriter yaml, int completions)
    {
        yaml.Text("apiVersion", "batch/v1").Text("kind", "Job");
        yaml.Map("metadata", metadata =>
        {
            metadata.Text("name", Name);
            if (Namespace is not null)
                metadata.Text("namespace", Namespace);
        });
        yaml.Map("spec", spec =>
        {
            spec.Text("completionMode", "Indexed").Number("completions", completions);
            spec.Number("parallelism", Math.Min(Parallelism, completions));
            spec.Number("backoffLimitPerIndex", FailuresPerIndex);
            spec.Map("podFailurePolicy", policy => policy.List("rules", WritePolicy));
            spec.Map("template", template => template.Map("spec", pod => WritePod(pod, completions)));
        });
    }

    // Kubernetes expands $(NAME), and reads $$ as a dollar sign.
    private static string Literal(string argument) => argument.Replace("$", "$$", StringComparison.Ordinal);

    private static void WritePolicy(YamlWriter rules)
    {
        // Stopped by a signal: not a failure.
        rules.Item(rule => rule.Text("action", "Ignore").Map("onExitCodes", codes => codes.Text("operator", "In").Numbers("values", 75)));
        rules.Item(rule => rule.Text("action", "Ignore").List("onPodConditions", conditions =>
            conditions.Item(condition => condition.Text("type", "DisruptionTarget").Text("status", "True"))));
        // Wrong arguments fail in every pod.
        rules.Item(rule => rule.Text("action", "FailJob").Map("onExitCodes", codes => codes.Text("operator", "In").Numbers("values", 2)));
    }

    private void WritePod(YamlWriter pod, int completions)
    {
        pod.Text("restartPolicy", "Never").Number("terminationGracePeriodSeconds", (long)GracePeriod.TotalSeconds);
        pod.Map("securityContext", security => security
            .Flag("runAsNonRoot", true).Number("runAsUser", UserId).Number("runAsGroup", UserId).Number("fsGroup", UserId)
            .Map("seccompProfile", profile => profile.Text("type", "RuntimeDefault")));
        pod.List("containers", containers => containers.Item(container => WriteContainer(container, completions)));
        if (Volumes.Count > 0)
        {
            pod.List("volumes", volumes => Each((volume, name) => volumes.Item(item => item.Text("name", name)
                .Map("persistentVolumeClaim", claim => claim.Text("claimName", volume.Claim).Flag("readOnly", volume.ReadOnly)))));
        }
    }

    private void WriteContainer(YamlWriter container, int completions)
    {
        container.Text("name", "blip").Text("image", Image).Texts("command", [.. Command.Select(Literal)]);
        string[] shards = ["--from", "k8s", "--shards-per-task", ShardsPerTask.ToString(CultureInfo.InvariantCulture)];
        container.Texts("args", [.. Arguments.Select(Literal), .. shards]);
        container.List("env", variables => variables.Item(variable => variable
            .Text("name", KubernetesTask.CompletionsVariable).Text("value", completions.ToString(CultureInfo.InvariantCulture))));
        container.Map("securityContext", security => security
            .Flag("allowPrivilegeEscalation", false).Map("capabilities", capabilities => capabilities.Texts("drop", ["ALL"])));
        WriteResources(container);
        if (Volumes.Count > 0)
        {
            container.List("volumeMounts", mounts => Each((volume, name) => mounts.Item(mount => mount
                .Text("name", name).Text("mountPath", volume.MountPath).Flag("readOnly", volume.ReadOnly))));
        }
    }

    private void WriteResources(YamlWriter container)
    {
        // Limits are also the default requests.
        List<(string Name, string Quantity)> limits = [];
        if (Memory is not null)
            limits.Add(("memory", Memory));
        if (Gpus > 0)
            limits.Add(("nvidia.com/gpu", Gpus.ToString(CultureInfo.InvariantCulture)));
        if (Cpu is null && limits.Count == 0)
            return;
        container.Map("resources", resources =>
        {
            if (Cpu is not null)
                resources.Map("requests", requests => requests.Text("cpu", Cpu));
            if (limits.Count > 0)
                resources.Map("limits", map => limits.ForEach(limit => map.Text(limit.Name, limit.Quantity)));
        });
    }

    private void Each(Action<KubernetesVolume, string> action)
    {
        for (var index = 0; index < Volumes.Count; index++)
            action(Volumes[index], string.Create(CultureInfo.InvariantCulture, $"volume-{index}"));
    }

    [GeneratedRegex("^[a-z]([a-z0-9-]*[a-z0-9])?$")]
    private static partial Regex DnsLabel();
}

/// <summary>A persistent volume claim in a pod.</summary>
/// <param name="Claim">The claim's name.</param>
/// <param name="MountPath">The absolute mount path.</param>
/// <param name="ReadOnly">Whether it is mounted read-only.</param>
public sealed record KubernetesVolume(string Claim, string MountPath, bool ReadOnly = false);
