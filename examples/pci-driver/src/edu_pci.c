// SPDX-License-Identifier: GPL-2.0-only
#include <linux/firmware.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/pci.h>

#define EDU_FIRMWARE "kmpack-example/edu.bin"

/* Registers, from QEMU's description of the device. */
#define EDU_IDENTIFICATION 0x00
#define EDU_LIVENESS 0x04

static bool check_liveness;
module_param(check_liveness, bool, 0444);
MODULE_PARM_DESC(check_liveness, "test the device when it is found");

static int edu_check(struct pci_dev *pdev, void __iomem *registers)
{
	const u32 question = 0x5a5a0f0f;
	u32 answer;

	iowrite32(question, registers + EDU_LIVENESS);
	answer = ioread32(registers + EDU_LIVENESS);
	if (answer == ~question)
		return 0;
	dev_err(&pdev->dev, "asked %08x, answered %08x\n", question, answer);
	return -EIO;
}

static int edu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	const struct firmware *firmware;
	void __iomem *registers;
	int error;

	error = pcim_enable_device(pdev);
	if (error)
		return error;
	error = pcim_iomap_regions(pdev, BIT(0), KBUILD_MODNAME);
	if (error)
		return error;
	registers = pcim_iomap_table(pdev)[0];
	dev_info(&pdev->dev, "identification %08x\n", ioread32(registers + EDU_IDENTIFICATION));

	if (check_liveness) {
		error = edu_check(pdev, registers);
		if (error)
			return error;
	}
	error = request_firmware(&firmware, EDU_FIRMWARE, &pdev->dev);
	if (error)
		return error;
	dev_info(&pdev->dev, "firmware of %zu bytes\n", firmware->size);
	release_firmware(firmware);
	return 0;
}

static const struct pci_device_id edu_ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },
	{ }
};
MODULE_DEVICE_TABLE(pci, edu_ids);

static struct pci_driver edu_driver = {
	.name = KBUILD_MODNAME,
	.id_table = edu_ids,
	.probe = edu_probe,
};
module_pci_driver(edu_driver);

MODULE_DESCRIPTION("Driver for the teaching device of QEMU");
MODULE_AUTHOR("Kernel Module Maintainers <modules@example.org>");
MODULE_VERSION("1.0");
MODULE_LICENSE("GPL");
MODULE_FIRMWARE(EDU_FIRMWARE);
