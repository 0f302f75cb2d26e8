using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary>Divides rows among a few tasks per worker: drawing a task costs more than a short row.</summary>
internal readonly struct RowTasks(Device device, int rows)
{
    private readonly int rows = rows;
    private readonly int perTask = Math.Max(1, rows / (8 * device.Workers));

    public int Tasks => (rows + perTask - 1) / perTask;

    public int First(int task) => task * perTask;

    public int End(int task) => Math.Min(rows, (task + 1) * perTask);
}
