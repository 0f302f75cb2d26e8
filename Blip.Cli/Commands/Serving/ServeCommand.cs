using System.CommandLine;
using Blip.Cli.Help;
using Blip.Cli.Options;

namespace Blip.Cli.Commands;

/// <summary><c>blip serve</c>. Only <see cref="ServeRun"/> needs ASP.NET Core, so that other commands do not load it.</summary>
internal sealed class ServeCommand : Command, IHasExamples
{
    private readonly Terminal terminal;
    private readonly ServedModelsBinding models;
    private readonly ServerBinding server;

    public ServeCommand(Terminal terminal)
        : base("serve", "Serves the models over HTTP: an OpenAI-compatible API, and endpoints of BLIP's own.")
    {
        this.terminal = terminal;
        models = new ServedModelsBinding(this);
        server = new ServerBinding(this);
        SetAction(RunAsync);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples { get; } =
    [
        ("The demo models, on this machine alone", "blip serve"),
        ("Real ones", "blip serve --model Salesforce/blip-image-captioning-base --model Salesforce/blip-vqa-base"),
        ("For others, with a key", "BLIP_API_KEY=… blip serve --host '*' --model caption=models/blip-image-captioning-base"),
        ("A caption", "curl --data-binary @photo.jpg -H 'Content-Type: image/jpeg' localhost:8080/caption"),
    ];

    private Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken) =>
        new ServeRun(terminal, models, server).RunAsync(parsed, cancellationToken);
}
