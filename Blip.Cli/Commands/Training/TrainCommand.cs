using System.CommandLine;
using Blip.Cli.Help;

namespace Blip.Cli.Commands;

internal sealed class TrainCommand : Command, IHasExamples
{
    public TrainCommand(Terminal terminal)
        : base("train", "Fine-tunes a model on images and texts of your own. A run that is stopped goes on where it was.")
    {
        Add(new TrainTaskCommand(terminal, TrainedTask.Caption));
        Add(new TrainTaskCommand(terminal, TrainedTask.Match));
        Add(new TrainTaskCommand(terminal, TrainedTask.Vqa));
        Add(new TrainTaskCommand(terminal, TrainedTask.Nlvr));
        Add(new TrainTaskCommand(terminal, TrainedTask.Pretrain));
        Add(new TrainPlotCommand(terminal));
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples { get; } =
    [
        ("A first try: the demo captioner learns drawn shapes",
            "blip bootstrap demo web && blip train caption web --output tuned --steps 20"),
        ("A captioner for photographs of your own",
            "blip train caption photos --model Salesforce/blip-image-captioning-base --output mine"),
        ("Go on with it", "blip train caption photos --model Salesforce/blip-image-captioning-base --output mine --resume"),
        ("How it went", "blip train plot mine"),
    ];
}
