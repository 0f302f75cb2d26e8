using System.CommandLine;
using Blip.Bootstrapping;
using Blip.Bootstrapping.Submitting;
using Blip.Cli.Help;
using Blip.Cli.Options;
using Blip.Cli.Output;

namespace Blip.Cli.Commands;

internal sealed class SubmitKubernetesCommand : Command, IHasExamples
{
    private readonly Terminal terminal;
    private readonly BootstrapBinding run;
    private readonly Option<string> image = new("--image")
    {
        Description = "The container image that holds blip.",
        HelpName = "IMAGE",
        Required = true,
    };
    private readonly Option<string> name = new("--name")
    {
        Description = "The job's name.",
        HelpName = "NAME",
        DefaultValueFactory = _ => "blip-bootstrap",
    };
    private readonly Option<string?> space = OptionKinds.Text("--namespace", "The namespace. [default: kubectl's]", "NAME");
    private readonly Option<int?> shards = OptionKinds.Number<int>(
        "--shard-count", "The shards of the run, where the sources cannot be listed from here. [default: they are listed]");
    private readonly Option<int?> perTask = OptionKinds.Number<int>("--shards-per-task", "Shards of a pod. [default: 1]");
    private readonly Option<int?> atOnce = OptionKinds.Number<int>("--tasks-at-once", "Pods that run at a time. [default: 1]");
    private readonly Option<string[]> volumes = OptionKinds.Texts(
        "--volume", "A persistent volume claim and where it is mounted. Repeatable.", "CLAIM:PATH[:ro]");
    private readonly Option<string?> cpu = OptionKinds.Text("--cpu", "Processors of a pod, such as 4 or 500m.", "QUANTITY");
    private readonly Option<string?> memory = OptionKinds.Text("--memory", "Memory of a pod, such as 8Gi.", "QUANTITY");
    private readonly Option<int?> gpus = OptionKinds.Number<int>("--gpus", "NVIDIA GPUs of a pod. [default: 0]");
    private readonly Option<string?> file =
        OptionKinds.Text("--file", "A new file for the manifest. [default: standard output]", "FILE").Written();

    public SubmitKubernetesCommand(Terminal terminal)
        : base("k8s", "Writes the manifest of a Kubernetes Indexed Job. Paths are those that the pods see.")
    {
        this.terminal = terminal;
        run = new BootstrapBinding(this);
        foreach (var option in (Option[])[image, name, space, shards, perTask, atOnce, volumes, cpu, memory, gpus, file])
            Add(option);
        volumes.Validators.Add(result =>
        {
            foreach (var text in result.Tokens.Select(token => token.Value).Where(text => Volume(text) is null))
                result.AddError($"--volume is '{text}'; give CLAIM:PATH or CLAIM:PATH:ro, with an absolute path.");
        });
        SetAction(RunAsync);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples { get; } =
    [
        ("From a machine that sees the volume, too",
            "blip bootstrap submit k8s '/data/laion/*.tar' --output /data/clean --image registry.example/blip --volume data:/data "
            + "| kubectl apply -f -"),
        ("From one that does not",
            "blip bootstrap submit k8s '/data/laion/{00000..00999}.tar' --output /data/clean --shard-count 1000 "
            + "--image registry.example/blip --volume data:/data --gpus 1 --tasks-at-once 8"),
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var request = await run.RequestAsync(parsed, terminal, cancellationToken);
        var path = parsed.GetValue(file);
        OutputFile.Check(path, "--file");
        if (path is not null && File.Exists(path))
            throw new UsageException($"--file is '{path}', which exists; move it away, or name another file.");
        var manifest = new KubernetesManifest
        {
            Name = parsed.GetRequiredValue(name),
            Namespace = parsed.GetValue(space),
            Image = parsed.GetRequiredValue(image),
            Arguments = ["bootstrap", "run", .. run.Arguments(parsed)],
            ShardCount = parsed.GetValue(shards) ?? Startup.Step(() =>
                BootstrapSources.Open(request.Sources, request.HumanSources, request.Options.Datasets).Count),
            ShardsPerTask = parsed.GetValue(perTask) ?? 1,
            Parallelism = parsed.GetValue(atOnce) ?? 1,
            Volumes = [.. (parsed.GetValue(volumes) ?? []).Select(text => Volume(text)!)],
            Cpu = parsed.GetValue(cpu),
            Memory = parsed.GetValue(memory),
            Gpus = parsed.GetValue(gpus) ?? 0,
        };
        var text = Startup.Step(manifest.Write);
        if (path is null)
            await terminal.Output.WriteAsync(text.AsMemory(), cancellationToken);
        else
            OutputFile.Write(path, "--file", text);
        return ExitCodes.Success;
    }

    private static KubernetesVolume? Volume(string text) => text.Split(':') switch
    {
        [{ Length: > 0 } claim, ['/', ..] path] => new KubernetesVolume(claim, path),
        [{ Length: > 0 } claim, ['/', ..] path, "ro"] => new KubernetesVolume(claim, path, ReadOnly: true),
        _ => null,
    };
}
