using System.CommandLine;
using Blip.Bench.Reporting;

namespace Blip.Bench.Commands;

internal sealed class GpuReportCommand : Command
{
    public GpuReportCommand(TextWriter output)
        : base("gpu-report", "Makes report.json and report.md of a folder that eng/gpu.sh run filled (exit code 1 where something failed).")
    {
        var folder = new Argument<string>("folder") { Description = "The folder.", HelpName = "DIR" };
        Add(folder);
        SetAction(parsed =>
        {
            var report = GpuReport.Read(parsed.GetRequiredValue(folder));
            report.Write(parsed.GetRequiredValue(folder));
            output.Write(report.Markdown());
            return report.Failures == 0 ? 0 : 1;
        });
    }
}
