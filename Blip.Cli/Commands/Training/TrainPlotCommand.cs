using System.CommandLine;
using Blip.Cli.Help;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Files;
using Blip.Training;
using Blip.Training.Metrics;

namespace Blip.Cli.Commands;

internal sealed class TrainPlotCommand : Command, IHasExamples
{
    private const string Image = "training.png", Page = "training.html";

    private readonly Terminal terminal;
    private readonly Argument<string> folder = new("DIR") { Description = "The folder of a run." };

    public TrainPlotCommand(Terminal terminal)
        : base("plot", $"Draws the curves of a run: {Image} and {Page} in its folder.")
    {
        this.terminal = terminal;
        Add(folder);
        SetAction(Run);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples { get; } = [("The curves of a run", "blip train plot mine")];

    private int Run(ParseResult parsed)
    {
        var run = parsed.GetRequiredValue(folder);
        if (string.IsNullOrWhiteSpace(run))
            throw new UsageException("DIR is empty: name the folder of a run.");
        try
        {
            var plot = TrainingPlot.Load(run);
            var (image, page) = (Path.Combine(run, Image), Path.Combine(run, Page));
            ReplacedFile.Write(image, file => file.Write(plot.ToPng()));
            ReplacedFile.Write(page, file => file.Write(System.Text.Encoding.UTF8.GetBytes(plot.ToHtml())));
            terminal.Output.WriteLine(image);
            terminal.Output.WriteLine(page);
            return ExitCodes.Success;
        }
        catch (TrainingException e)
        {
            throw new UsageException(e.Message);
        }
    }
}
